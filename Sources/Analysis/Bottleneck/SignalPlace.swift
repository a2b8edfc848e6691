package import Model

extension RecordedMeasurement {
    /// Where a measurement's files hold a signal's readings over some stretches of the load, for example
    /// `record.json usage[12-21]`, or `samples.jsonl:13-22` for what the generator says of itself.
    package func place(of signal: Signal, during stretches: [Range<Int>]) -> String {
        switch signal.kind {
        case .cpu, .memory:
            return "record.json " + Self.readings("usage", measurement.usage.map(\.time), stretches)
        case .generatorBusy:
            let lines = Self.spans(samples.map { Double($0.second + 1) }, stretches).map { "\($0 + 1)-\($1 + 1)" }
            return "samples.jsonl" + (lines.isEmpty ? "" : ":" + lines.joined(separator: ","))
        case .mysqlPoolBusy, .redisPoolBusy, .mysqlPoolWaiting, .redisPoolWaiting, .mysqlPoolWait, .redisPoolWait,
            .mysqlPoolRefused, .redisPoolRefused:
            return "record.json prometheus \(signal.kind.rawValue)"
        default:
            let record = measurement.signals ?? SignalRecord()
            let index = record.series.firstIndex { $0.kind == signal.kind && $0.component == signal.component }
            guard let index else { return "record.json signals" }
            return "record.json " + Self.readings("signals.series[\(index)].values", record.times, stretches)
        }
    }

    private static func readings(_ name: String, _ times: [Seconds], _ stretches: [Range<Int>]) -> String {
        let parts = spans(times, stretches).map { "\(name)[\($0)-\($1)]" }
        return parts.isEmpty ? name : parts.joined(separator: ", ")
    }

    /// The first and the last reading of each stretch, counted from 0.
    private static func spans(_ times: [Seconds], _ stretches: [Range<Int>]) -> [(Int, Int)] {
        stretches.compactMap { stretch in
            let inside = times.indices.filter { Signal.isReading(at: times[$0], of: stretch) }
            guard let first = inside.first, let last = inside.last else { return nil }
            return (first, last)
        }
    }
}
