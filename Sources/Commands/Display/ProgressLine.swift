import Model

/// The words of the display: events in, texts out.
struct ProgressLine: Sendable {
    private var plan: RunPlan?
    /// What of the run was measured until now.
    private var remaining = TimeLeft()
    private var title = ""
    private var phase: Phase?
    private var second: RunSecond?
    private var measurementBegan: UnixTime = 0
    private var current = 0
    private var now: UnixTime = 0

    /// Whether requests fail right now.
    var isTroubled: Bool { (second?.all.errorRate ?? 0) > 0.01 }

    mutating func apply(_ event: RunEvent) {
        now = event.time
        remaining.apply(event)
        switch event.happening {
        case .planned(let plan): self.plan = plan
        case .measurementBegan:
            title = event.measurement.map(Self.title) ?? ""
            current = event.measurement?.number ?? 0
            measurementBegan = event.time
            second = nil
            phase = nil
        case .phaseBegan(let phase):
            self.phase = phase
            second = nil
        case .second(let second): self.second = second
        case .skipped: current = event.measurement?.number ?? current
        case .runBegan, .phaseEnded, .stepEnded, .restored, .lost, .fault, .failed, .usage, .note, .measurementEnded,
            .runEnded,
            .closed:
            break
        }
    }

    /// The line that is kept up to date.
    var text: String {
        var parts = ["[\(current)/\(entries.count)] \(title)"]
        if let second {
            parts.append(Text.activity(second))
            parts.append("\(second.all.ended) req/s")
            parts.append("p95 " + (second.all.p95.map(Text.milliseconds) ?? "–"))
            parts.append("errors " + Text.percent(second.all.errorRate))
        } else if let phase {
            parts.append(phase.rawValue)
        }
        // What takes longer than was planned has no end that is known.
        if secondsLeft >= 1 { parts.append("≤ \(Text.duration(secondsLeft)) left") }
        return parts.joined(separator: "  ")
    }

    /// What stays on the screen, or in the log.
    func lasting(_ event: RunEvent) -> [String] {
        switch event.happening {
        case .measurementBegan: ["[\(current)/\(entries.count)] \(title)"]
        case .stepEnded(let decision):
            [
                "      \(Text.padded(Text.level(decision.step.level), to: 14))"
                    + "\(Text.padded(decision.step.purpose.rawValue, to: 9))" + decision.step.outcomeWords
            ]
        case .note(let text), .lost(_, let text): ["      \(text)"]
        case .fault(let record): ["      \(record.words)"]
        case .skipped: ["      \(event.measurement.map(Self.title) ?? ""): already measured"]
        case .measurementEnded(.measured): ["      measured in \(Text.duration(now - measurementBegan))"]
        case .measurementEnded(.interrupted): ["      interrupted"]
        case .measurementEnded(.failed(let phase, let reason)): ["      not measured (\(phase.rawValue)): \(reason)"]
        case .runBegan:
            [
                "\(entries.count) \(entries.count == 1 ? "measurement" : "measurements"), about "
                    + "\(Text.duration(secondsLeft)); results in \(plan?.folder.map(Places.shown) ?? "–")"
            ]
        case .planned, .phaseBegan, .phaseEnded, .second, .restored, .failed, .usage, .runEnded, .closed: []
        }
    }

    private var entries: [RunPlan.Entry] { plan?.entries ?? [] }

    private var secondsLeft: Seconds {
        guard current > 0, current <= entries.count else {
            return entries.reduce(0) { $0 + remaining.seconds(of: $1) }
        }
        let coming = entries[current...].reduce(0) { $0 + remaining.seconds(of: $1) }
        return coming + remaining.seconds(inCurrent: entries[current - 1], at: now)
    }

    private static func title(_ name: MeasurementName) -> String {
        let again = name.repetition.map { ", repetition \($0)" } ?? ""
        return (name.variant.map { "\(name.experiment) (\($0))" } ?? name.experiment) + again
    }
}
