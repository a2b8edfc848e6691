import Analysis
import Model

/// Names, values and effects of what is compared.
extension Writer {
    /// For example `100 users`.
    /// - Parameter plain: as charts write numbers.
    func name(of level: LoadLevel, plain: Bool = false) throws -> String {
        let numbers = plain ? self.plain : numbers
        return switch level {
        case .users(let users): try words("levelUsers", ["users": numbers.integer(users)])
        case .arrivals(let rate): try words("levelArrivals", ["rate": numbers.exact(rate)])
        }
    }

    /// Its number alone.
    func number(of level: LoadLevel) -> String {
        switch level {
        case .users(let users): numbers.integer(users)
        case .arrivals(let rate): numbers.exact(rate)
        }
    }

    func name(of quantity: Quantity) throws -> String {
        let kind =
            switch quantity.kind {
            case .limit: try words("quantityLimit")
            case .throughput: try words(quantity.level == nil ? "quantityMostThroughput" : "quantityThroughput")
            case .mean: try words("quantityMean")
            case .p50: "p50"
            case .p95: "p95"
            case .errorRate: try words("tableErrors")
            case .cpu: try words("quantityCPU", ["part": Markdown.code(quantity.part ?? "")])
            case .cpuPerRequest: try words("quantityCPURequest", ["part": Markdown.code(quantity.part ?? "")])
            }
        var parts = [kind]
        if let level = quantity.level { parts.append(try name(of: level)) }
        if quantity.occurrence > 0 { parts.append("(\(quantity.occurrence + 1))") }
        if let variant = quantity.variant { parts.append(Markdown.code(variant)) }
        return parts.joined(separator: ", ")
    }

    func value(_ value: Double, of quantity: Quantity) -> String {
        switch quantity.kind {
        case .limit: numbers.integer(Int(value.rounded()))
        case .throughput: numbers.short(value)
        case .mean, .p50, .p95: numbers.latency(value)
        case .errorRate: numbers.percent(value)
        case .cpu: numbers.decimal(value, digits: 3)
        case .cpuPerRequest: numbers.significant(value * 1000) + "\u{A0}ms"
        }
    }

    func figure(_ figure: Figure, of quantity: Quantity) -> String {
        value(figure.value, figure.bound, of: quantity)
    }

    func value(_ value: Double, _ bound: Figure.Bound, of quantity: Quantity) -> String {
        sign(of: bound) + self.value(value, of: quantity)
    }

    private func sign(of bound: Figure.Bound) -> String {
        switch bound {
        case .exact: ""
        case .atLeast: "≥\u{A0}"
        case .atMost: "≤\u{A0}"
        }
    }

    /// Of values of which one is only known to be above or below, so is what lies between them.
    func effect(_ effect: Effect, of quantity: Quantity) throws -> String {
        let text = try self.effect(effect.estimate, of: quantity)
        switch (effect.lower, effect.upper) {
        case (nil, nil): return "?"
        case (nil, _): return sign(of: .atMost) + text
        case (_, nil): return sign(of: .atLeast) + text
        default: return text
        }
    }

    /// For example `×0.81`, or `+1.2` percentage points.
    func effect(_ value: Double, of quantity: Quantity) throws -> String {
        if quantity.isRatio { return "×" + numbers.short(value) }
        let points = ["points": (value > 0 ? "+" : "") + numbers.short(value * 100)]
        return try words("points", points.merging(many(value * 100)) { $1 })
    }

    /// What is not bounded on a side is open there.
    func interval(_ effect: Effect, of quantity: Quantity) throws -> String {
        if quantity.isRatio, let lower = effect.lower, let upper = effect.upper, lower < 0.1, upper > 10 {
            return try words("intervalUnknown")
        }
        var ends: [String: String] = [:]
        ends["lower"] = try effect.lower.map { try self.effect($0, of: quantity) }
        ends["upper"] = try effect.upper.map { try self.effect($0, of: quantity) }
        switch (effect.lower, effect.upper) {
        case (nil, nil): return try words("intervalUnknown")
        case (nil, _): return try words("intervalAtMost", ends)
        case (_, nil): return try words("intervalAtLeast", ends)
        default: return try words("intervalBetween", ends)
        }
    }
}
