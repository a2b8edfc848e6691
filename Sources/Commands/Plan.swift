import Experiments
import Foundation
package import Model

/// What a run would do and how long it would take, as a table.
package struct Plan {
    let experiments: [Experiment]
    let quick: Bool
    /// How often each is measured.
    let times: Int

    package init(_ experiments: [Experiment], quick: Bool, times: Int = 1) {
        self.times = times
        self.experiments = experiments
        self.quick = quick
    }

    package var text: String {
        let rows = experiments.map { experiment in
            [
                experiment.question.map { "\($0)" } ?? "–", experiment.name, Self.stack(experiment.stack),
                Self.load(experiment.load), Text.duration(Self.seconds(of: experiment)),
            ]
        }
        let total = Text.duration(Double(times) * experiments.reduce(0) { $0 + Self.seconds(of: $1) })
        let table = Text.table([["question", "name", "stack", "load", "longest, about"]] + rows)
        let again = times == 1 ? "" : ", each measured \(times) times"
        let drawn = experiments.filter(\.load.seedIsDrawn).map {
            "\n\($0.name): a seed is drawn at the start of the run."
        }
        let tasks = experiments.map { "\n  \($0.name): " + $0.load.tasks.map(Self.task).joined(separator: ", ") }
        return table + "\nTasks:" + tasks.joined() + drawn.joined()
            + "\nAbout \(total) in total\(again)\(quick ? " (quick: every duration shortened)" : "")."
    }

    static func seconds(of experiment: Experiment) -> Seconds {
        Double(experiment.variants.count) * experiment.usualBringUp + experiment.estimatedSeconds
    }

    private static func stack(_ stack: StackDefinition) -> String {
        let replicas = stack.replicas == 1 ? "1 replica" : "\(stack.replicas) replicas"
        let balancers = stack.balancers.filter { $0 != .none }.map(\.rawValue)
        let subject =
            switch stack.subject {
            case .store: stack.series.map(Self.series) ?? stack.backend.rawValue
            case .project(let own): "\((own.file as NSString).lastPathComponent): \(own.service)"
            case .running(let service): service.url
            }
        if case .running = stack.subject { return subject }
        return ([subject, replicas] + (balancers.isEmpty ? [] : [balancers.joined(separator: "/")]))
            .joined(separator: ", ")
    }

    /// `redis-scan/redis, 0/1000 orders`.
    private static func series(_ series: StackSeries) -> String {
        series.backends.map(\.rawValue).joined(separator: "/") + ", "
            + series.orders.map { "\($0)" }.joined(separator: "/") + " orders"
    }

    /// `1 × order (takes order_id)`.
    private static func task(_ task: LoadTask) -> String {
        let notes = [
            task.needs.isEmpty ? nil : "needs \(task.needs.joined(separator: ", "))",
            task.takes.isEmpty ? nil : "takes \(task.takes.map(\.name).joined(separator: ", "))",
            task.forgets.isEmpty ? nil : "forgets \(task.forgets.joined(separator: ", "))",
            task.follow.map { "follows \($0) redirects" },
            task.group.map { "group \($0)" },
        ].compactMap(\.self)
        let frequency = if task.order == .once { "once" } else { "\(task.weight) ×" }
        return "\(frequency) \(task.name)" + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
    }

    private static func load(_ load: LoadDefinition) -> String {
        guard let agents = load.from else { return shape(load.shape) }
        return shape(load.shape) + " from \(agents.count) agent\(agents.count == 1 ? "" : "s")"
    }

    private static func shape(_ shape: LoadShape) -> String {
        switch shape {
        case .ramp(let stages) where stages.count > 8:
            "users \(stages[0].users), \(stages[1].users), … \(stages[stages.count - 1].users), \(stages.count) steps"
        case .ramp(let stages): "users " + stages.map { "\($0.users)" }.joined(separator: ", ")
        case .findLimit(let plan): "search from \(plan.from) to \(plan.to) users"
        case .rate(let stages, _): "arrivals/s " + stages.map { Text.exact($0.perSecond) }.joined(separator: ", ")
        }
    }
}
