import Model

/// Reads `load.rate`, the stages of an open load.
struct RateDecoder {
    let log: FaultLog

    private static let rates: ClosedRange<Double> = 0.01...1_000_000

    func shape(_ value: YAMLValue, arrivals: YAMLValue.Entry?) -> LoadShape? {
        let law = self.law(arrivals)
        if case .broken = value.content { return nil }
        guard case .list(let values) = value.content, (1...1000).contains(values.count) else {
            log.add("rate: expected a list of 1 to 1000 stages, found \(value.foundAsList)", at: value.place)
            return nil
        }
        let stages = values.map(stage)
        guard let law, stages.allSatisfy({ $0 != nil }) else { return nil }
        guard stages.compactMap(\.self).reduce(0, { $0 + $1.ramp + $1.hold }) <= 86_400 else {
            log.add("rate: all stages together take longer than 24h", at: value.place)
            return nil
        }
        return .rate(stages.compactMap(\.self), arrivals: law)
    }

    private func law(_ entry: YAMLValue.Entry?) -> ArrivalLaw? {
        guard let entry else { return .constant }
        do throws(Unreadable) {
            return try entry.value.choice(ArrivalLaw.self)
        } catch {
            log.add("arrivals: \(error.message)", at: entry.value.place)
            return nil
        }
    }

    private func stage(_ value: YAMLValue) -> RateStage? {
        guard let fields = Fields(value, "a stage", known: DefinitionKeys.rateStage, log: log) else { return nil }
        let rate = fields.required("rate") { try $0.rate(in: Self.rates) }
        let ramp = fields.optional("ramp", default: 0) { try $0.duration(in: 0...86_400) }
        let hold = fields.required("hold") { try $0.duration(in: 1...86_400) }
        guard let rate, let ramp, let hold else { return nil }
        return RateStage(perSecond: rate, ramp: ramp, hold: hold)
    }
}
