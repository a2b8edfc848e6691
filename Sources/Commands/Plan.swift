import Experiments
import Foundation
import Model

/// What a run would do and how long it would take, as a table.
struct Plan {
    let experiments: [Experiment]
    let quick: Bool
    /// How often each is measured.
    let times: Int

    /// Seconds that a stack takes to come up and go, about.
    static let stackSeconds = 3.0

    init(_ experiments: [Experiment], quick: Bool, times: Int = 1) {
        self.times = times
        self.experiments = experiments
        self.quick = quick
    }

    var text: String {
        let rows = experiments.map { experiment in
            [
                experiment.question.map { "\($0)" } ?? "–", experiment.name, Self.stack(experiment.stack),
                Self.load(experiment.load), Text.duration(Self.seconds(of: experiment)),
            ]
        }
        let total = Text.duration(Double(times) * experiments.reduce(0) { $0 + Self.seconds(of: $1) })
        let table = Text.table([["question", "name", "stack", "load", "at most about"]] + rows)
        let again = times == 1 ? "" : ", each measured \(times) times"
        return table + "\nAbout \(total) in all\(again)\(quick ? " (quick: every duration shortened)" : "")."
    }

    static func seconds(of experiment: Experiment) -> Seconds {
        Double(experiment.variants.count) * stackSeconds + experiment.estimatedSeconds
    }

    private static func stack(_ stack: StackDefinition) -> String {
        let replicas = stack.replicas == 1 ? "1 replica" : "\(stack.replicas) replicas"
        let balancers = stack.balancers.filter { $0 != .none }.map(\.rawValue)
        let subject =
            switch stack.subject {
            case .store: stack.backend.rawValue
            case .project(let own): "\((own.file as NSString).lastPathComponent): \(own.service)"
            case .running(let service): service.url
            }
        if case .running = stack.subject { return subject }
        return ([subject, replicas] + (balancers.isEmpty ? [] : [balancers.joined(separator: "/")]))
            .joined(separator: ", ")
    }

    private static func load(_ load: LoadDefinition) -> String {
        switch load.shape {
        case .ramp(let stages): "users " + stages.map { "\($0.users)" }.joined(separator: ", ")
        case .findLimit(let plan): "find limit, \(plan.from) to \(plan.to) users"
        case .rate(let stages, _): "requests/s " + stages.map { "\($0.perSecond)" }.joined(separator: ", ")
        }
    }
}
