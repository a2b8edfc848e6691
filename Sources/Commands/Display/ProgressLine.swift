import Experiments
import Model
import Orchestrator

/// The words of the display: events in, texts out.
struct ProgressLine: Sendable {
    private var plans: [(name: String, experiment: Experiment)]
    /// What of the run was measured until now.
    private var remaining = TimeLeft()
    private var title = ""
    private var phase: Phase?
    private var status: LoadStatus?
    private var measurementBegan: UnixTime = 0
    private var current = 0
    private var now: UnixTime = 0

    private let folder: String

    /// - Parameter folder: the run's, to show.
    init(_ manifest: RunManifest, folder: String) {
        self.folder = folder
        plans = manifest.plan.map { planned in
            let again = planned.repetition.map { ", repetition \($0)" } ?? ""
            return (Self.title(planned.experiment, planned.variant.name) + again, planned.experiment)
        }
    }

    /// Whether requests fail right now.
    var isTroubled: Bool { (status?.errorRate ?? 0) > 0.01 }

    mutating func apply(_ event: ProgressEvent, at time: UnixTime) {
        now = time
        remaining.apply(event, at: time)
        switch event {
        case .measurementBegan(_, _, let number, _):
            title = plans.indices.contains(number - 1) ? plans[number - 1].name : ""
            current = number
            measurementBegan = time
            status = nil
            phase = nil
        case .phaseBegan(let phase):
            self.phase = phase
            status = nil
        case .second(let status): self.status = status
        case .skipped: current += 1
        case .runBegan, .stepEnded, .measurementEnded, .note: break
        }
    }

    /// The line that is kept up to date.
    var text: String {
        var parts = ["[\(current)/\(plans.count)] \(title)"]
        if let status {
            parts.append(Text.activity(status))
            parts.append("\(status.requestsPerSecond) req/s")
            parts.append("p95 " + (status.p95.map(Text.milliseconds) ?? "–"))
            parts.append("errors " + Text.percent(status.errorRate))
        } else if let phase {
            parts.append(phase.rawValue)
        }
        // What takes longer than was planned has no end that is known.
        if secondsLeft >= 1 { parts.append("≤ \(Text.duration(secondsLeft)) left") }
        return parts.joined(separator: "  ")
    }

    /// What stays on the screen, or in the log.
    func lasting(_ event: ProgressEvent) -> [String] {
        switch event {
        case .measurementBegan(_, _, let number, let count): ["[\(number)/\(count)] \(title)"]
        case .stepEnded(let step):
            [
                "      \(Text.padded(Text.level(step.level), to: 14))\(Text.padded(step.purpose.rawValue, to: 9))"
                    + step.outcomeWords
            ]
        case .note(let text): ["      \(text)"]
        case .skipped(let experiment, let variant): ["      \(Self.title(experiment, variant)): already measured"]
        case .measurementEnded(.measured): ["      measured in \(Text.duration(now - measurementBegan))"]
        case .measurementEnded(.interrupted): ["      interrupted"]
        case .measurementEnded(.failed(let phase, let reason)): ["      not measured (\(phase.rawValue)): \(reason)"]
        case .runBegan(let count):
            [
                "\(count) \(count == 1 ? "measurement" : "measurements"), about \(Text.duration(secondsLeft)); results in \(folder)"
            ]
        case .phaseBegan, .second: []
        }
    }

    private var secondsLeft: Seconds {
        guard current > 0, current <= plans.count else {
            return plans.reduce(0) { $0 + remaining.seconds(of: $1.experiment) }
        }
        let coming = plans[current...].reduce(0) { $0 + remaining.seconds(of: $1.experiment) }
        return coming + remaining.seconds(inCurrent: plans[current - 1].experiment, at: now)
    }

    private static func title(_ experiment: Experiment, _ variant: String?) -> String {
        variant.map { "\(experiment.name) (\($0))" } ?? experiment.name
    }
}
