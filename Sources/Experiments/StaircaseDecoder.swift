import Model

/// Reads `load.staircase`, which is short for a ramp of even steps.
struct StaircaseDecoder {
    let log: FaultLog

    private static let mostSteps = 1000

    func stages(_ value: YAMLValue) -> [LoadStage]? {
        guard let fields = Fields(value, "staircase", known: DefinitionKeys.staircase, log: log) else { return nil }
        let start = fields.required("start") { try $0.integer(in: 1...1_000_000) }
        let step = fields.required("step") { try $0.integer(in: 1...1_000_000) }
        let last = fields.required("to") { try $0.integer(in: 1...1_000_000) }
        let hold = fields.required("hold") { try $0.duration(in: 1...86_400) }
        let rate = fields.optional("spawn_rate", default: LoadStage.atOnce) { try $0.spawnRate() }
        if let start, let last, start > last, let entry = fields.entry("to") {
            log.add("to: \(last) is below start, \(start)", at: entry.value.place)
            return nil
        }
        guard let start, let step, let last, let hold, let rate else { return nil }
        guard (last - start) / step < Self.mostSteps else {
            log.add("staircase: more than \(Self.mostSteps) steps; write a larger step", at: value.place)
            return nil
        }
        var users = Array(stride(from: start, through: last, by: step))
        if users.last != last { users.append(last) }
        let stages = users.map { LoadStage(users: $0, spawnRate: rate, hold: hold) }
        guard LoadShape.ramp(stages).rampSeconds <= 86_400 else {
            log.add("staircase: all steps together take longer than 24h", at: value.place)
            return nil
        }
        return stages
    }
}

extension YAMLValue {
    /// `10/s`, or `at_once`, which is the fastest rate that can be written.
    func spawnRate() throws(Unreadable) -> Double {
        if case .scalar("at_once", _) = content { return LoadStage.atOnce }
        return try rate(in: 0.01...LoadStage.atOnce)
    }
}
