import Analysis
import Model

/// Names, values and graphs of signals.
extension Writer {
    func name(of kind: SignalKind) throws -> String { try words("signal_\(kind.rawValue)") }

    func part(_ signal: Signal) -> String {
        guard signal.role == nil else { return Markdown.inline(signal.component) }
        return switch signal.component {
        case Signal.generator: text("partGenerator")
        case Signal.machine: text("partMachine")
        case Signal.rest: text("partRest")
        case Signal.unwatched: text("partUnwatched")
        default: Markdown.inline(signal.component)
        }
    }

    func limit(of signal: Signal) -> String {
        guard let limit = signal.limit else { return "–" }
        return signal.kind.unit == .number ? numbers.exact(limit) : value(limit, signal.kind)
    }

    func value(_ value: Double, _ kind: SignalKind) -> String {
        switch kind.unit {
        case .share: numbers.percent(value)
        case .seconds: numbers.latency(value)
        case .bytes: numbers.decimal(value / 1_048_576, digits: 0) + "\u{A0}" + text("unitMebibytes")
        case .perSecond: numbers.short(value) + "\u{A0}/s"
        // Of parts of a core, two decimals would leave nothing, or make the use the same as its limit.
        case .number: value < 0.9995 ? numbers.decimal(value, digits: 3) : numbers.short(value)
        case .count: numbers.decimal(value, digits: value == value.rounded() ? 0 : 1)
        }
    }

    /// A cause's best signal over the whole load, of each part that has it.
    func signalChart(_ finding: Bottleneck.Finding) -> LineChart? {
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
                    signal.role == nil ? part(signal) : signal.component,
                    signal.points.map { LineChart.Point(x: $0.time.rounded(), y: $0.value.map { $0 * factor }) }
                )
            })
        drawn.title = drawn.title.asTitle
        drawn.namesSingleSeries = true
        if let limit = signals[0].limit { drawn.mark = (limit * factor, text("chartSignalLimit")) }
        return drawn
    }
}

enum SignalUnit { case share, seconds, bytes, perSecond, number, count }

extension SignalKind {
    var unit: SignalUnit {
        switch self {
        case .throttled, .generatorBusy, .pressureCPU, .pressureIO, .pressureMemory: .share
        case .memory: .bytes
        case .cpu, .runnable, .steal, .mysqlLockTime: .number
        case .calculation, .calculationWait, .diskFlush, .mysqlAnswer, .redisAnswer, .mysqlPoolWait, .redisPoolWait:
            .seconds
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
