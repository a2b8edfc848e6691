package import Model

extension Notation {
    /// `lost > 10`, `recovery > 5s`.
    /// - Returns: nil where the text is about neither.
    /// - Throws: `Problem` of usage.
    package static func faultCriterion(_ text: String) throws -> FaultCriterion? {
        let sides = text.split(separator: ">", omittingEmptySubsequences: false).map { String($0).trimmed }
        guard let cost = sides.first.flatMap(FaultCriterion.Cost.init) else { return nil }
        return try reading { () throws(Unreadable) in
            guard sides.count == 2 else {
                throw Unreadable("expected a criterion such as lost > 10 or recovery > 5s, found \"\(text.shortened)\"")
            }
            switch cost {
            case .lost:
                let count = try Quantity.integer(sides[1])
                guard count >= 0 else { throw Unreadable("\(count) is out of range; write 0 or more") }
                return FaultCriterion(cost: cost, threshold: Double(count), text: text.trimmed)
            case .recovery:
                let time = try bounded(Quantity.duration(sides[1]), in: 0...86_400) { Quantity.written(duration: $0) }
                return FaultCriterion(cost: cost, threshold: time, text: text.trimmed)
            }
        }
    }
}
