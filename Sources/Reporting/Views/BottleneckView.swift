import Analysis
import Model

/// Why the first plateau that failed did so: the cause that the signals support, and all signals on both sides of the limit.
extension Writer {
    /// - Returns: nil where no plateau failed.
    func bottleneck(of study: Study) throws -> View? {
        guard let failed = study.firstFailed else { return nil }
        let signals = study.recorded.signals(host: run.manifest.host)
        let seconds = failed.step.plateauBegan..<max(failed.step.plateauBegan, failed.step.plateauEnded)
        let passed = study.lastPassed.map { $0.step.plateauBegan..<max($0.step.plateauBegan, $0.step.plateauEnded) }
        let usage = Saturation(study.measurement, seconds: seconds, host: run.manifest.host)
        let found = Bottleneck(
            signals: signals, passed: passed, failed: seconds, validity: failed.validity,
            broken: failed.breach?.limit.metric, isDisturbed: usage.isDisturbed
        )
        guard !found.changes.isEmpty else { return ["sentence": try notMeasured("")] }
        var view: View = [
            "sentence": try found.findings.first.map(first) ?? words("causeNone"),
            "method": try words("causeMethod"),
            "also": try found.findings.dropFirst().map {
                ["line": try words("causeAlso", ["cause": try sentence($0)])]
            },
            "some": [
                "passed": try study.lastPassed.map { numbers.integer($0.step.users) } ?? words("causeNoPass"),
                "failed": numbers.integer(failed.step.users),
                "rows": try found.changes.prefix(Self.mostSignals).map(row),
            ] as View,
        ]
        if let finding = found.findings.first, let chart = signalChart(finding) {
            view["chart"] = ["block": block(chart)]
        }
        let missing = study.measurement.signals?.missing ?? []
        if study.measurement.signals == nil || !missing.isEmpty {
            let names = missing.map(Markdown.inline).joined(separator: ", ")
            view["missing"] = [
                "line": names.isEmpty
                    ? try words("causeNotWatched") : try words("causeMissing", ["parts": names])
            ]
        }
        return view
    }

    private static let mostSignals = 12

    private func first(_ finding: Bottleneck.Finding) throws -> String {
        try words("causeFirst", ["cause": try sentence(finding)])
    }

    private func sentence(_ finding: Bottleneck.Finding) throws -> String {
        let first = finding.evidence[0]
        var values = [
            "part": part(first.signal), "failed": value(first.failed, first.signal.kind),
            "passed": first.passed.map { value($0, first.signal.kind) } ?? "–",
            "limit": limit(of: first.signal), "share": percent(first.closeness),
        ]
        for change in finding.evidence.dropFirst() where values[change.signal.kind.rawValue] == nil {
            values[change.signal.kind.rawValue] = value(change.failed, change.signal.kind)
        }
        return try words("cause_\(finding.cause.rawValue)", values)
    }

    private func row(_ change: SignalChange) throws -> View {
        [
            "part": part(change.signal), "signal": try words("signal_\(change.signal.kind.rawValue)"),
            "passed": change.passed.map { value($0, change.signal.kind) } ?? "–",
            "failed": value(change.failed, change.signal.kind),
            "limit": limit(of: change.signal),
            "share": percent(change.closeness),
            "growth": change.growth.map { "×" + numbers.short($0) }
                ?? (change.failed > 0 && change.passed != nil ? text("causeNew") : "–"),
        ]
    }

    private func part(_ signal: Signal) -> String {
        switch signal.component {
        case "generator": text("partGenerator")
        case "machine": text("partMachine")
        default: Markdown.inline(signal.component)
        }
    }

    private func limit(of signal: Signal) -> String {
        guard let limit = signal.limit else { return "–" }
        return signal.kind.unit == .number ? numbers.exact(limit) : value(limit, signal.kind)
    }

    private func value(_ value: Double, _ kind: SignalKind) -> String {
        switch kind.unit {
        case .share: numbers.percent(value)
        case .seconds: numbers.latency(value)
        case .bytes: numbers.decimal(value / 1_048_576, digits: 0) + "\u{A0}" + text("unitMebibytes")
        case .perSecond: numbers.short(value) + "\u{A0}/s"
        case .number: numbers.short(value)
        case .count: numbers.decimal(value, digits: value == value.rounded() ? 0 : 1)
        }
    }

    /// The first cause's best signal over the whole load, of each part that has it.
    private func signalChart(_ finding: Bottleneck.Finding) -> LineChart? {
        let kind = finding.evidence[0].signal.kind
        let signals = finding.evidence.filter { $0.signal.kind == kind }.map(\.signal)
        guard signals.contains(where: { $0.points.count > 1 }) else { return nil }
        let factor = kind.unit == .seconds ? 1000.0 : kind.unit == .share ? 100.0 : 1
        let unit =
            switch kind.unit {
            case .share: "%"
            case .seconds: "ms"
            case .bytes: "B"
            case .perSecond: "1/s"
            case .number, .count: ""
            }
        var drawn = chart(
            "signal_\(kind.rawValue)", unit: unit, x: "chartSeconds",
            signals.map { signal in
                (
                    signal.role == nil
                        ? text(signal.component == "machine" ? "partMachine" : "partGenerator") : signal.component,
                    signal.points.map { LineChart.Point(x: $0.time.rounded(), y: $0.value.map { $0 * factor }) }
                )
            })
        drawn.namesSingleSeries = true
        if let limit = signals[0].limit { drawn.mark = (limit * factor, text("chartSignalLimit")) }
        return drawn
    }
}

extension Study {
    /// The first plateau that failed: of a search, its upper bound.
    var firstFailed: JudgedStep? { answer.map(\.failing) ?? steps.first { !$0.passed } }

    /// The last that passed before it: of a search, its lower bound.
    var lastPassed: JudgedStep? {
        if let answer { return answer.passing }
        return steps.prefix { $0.passed }.last
    }
}

enum SignalUnit { case share, seconds, bytes, perSecond, number, count }

extension SignalKind {
    var unit: SignalUnit {
        switch self {
        case .throttled, .generatorBusy: .share
        case .memory: .bytes
        case .cpu, .runnable, .mysqlLockTime: .number
        case .mysqlAnswer, .redisAnswer, .mysqlPoolWait, .redisPoolWait: .seconds
        case .mysqlConnections, .mysqlRunning, .redisClients, .nginxConnections, .mysqlPoolBusy, .redisPoolBusy,
            .mysqlPoolWaiting, .redisPoolWaiting:
            .count
        case .mysqlRefused, .mysqlAborted, .mysqlLockWaits, .mysqlSlow, .mysqlQueries, .redisRefused, .redisCommands,
            .nginxDropped, .nginxCrowded, .nginxTimedOut, .nginxNoUpstream, .nginxUnreachable, .nginxOtherErrors,
            .mysqlPoolRefused, .redisPoolRefused:
            .perSecond
        }
    }
}
