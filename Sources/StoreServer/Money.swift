/// An amount of money in whole cents. It never passes through binary floating point.
package struct Money: Sendable, Hashable, Comparable {
    package var cents: Int

    package static let zero = Money(cents: 0)

    package init(cents: Int) {
        self.cents = cents
    }

    /// Reads `1999.99`, `5.7`, `12` or `-3.50`.
    /// - Returns: nil when the text is no decimal number, has more than two decimals that are not zero, or is too large.
    package init?(_ text: some StringProtocol) {
        var digits = text.utf8[...]
        let negative = digits.first == UInt8(ascii: "-")
        if negative { digits = digits.dropFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.count <= 15, let units = Self.number(whole) else {
            return nil
        }
        var hundredths = 0
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].dropFirst(2).allSatisfy({ $0 == UInt8(ascii: "0") }),
                let fraction = Self.number(parts[1].prefix(2))
            else { return nil }
            hundredths = parts[1].count == 1 ? fraction * 10 : fraction
        }
        cents = (units * 100 + hundredths) * (negative ? -1 : 1)
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    /// - Returns: nil when the product does not fit.
    package func times(_ quantity: Int) -> Money? {
        let (cents, overflow) = cents.multipliedReportingOverflow(by: quantity)
        return overflow ? nil : Money(cents: cents)
    }

    package static func < (left: Money, right: Money) -> Bool { left.cents < right.cents }

    package static func + (left: Money, right: Money) -> Money { Money(cents: left.cents + right.cents) }

    package static func += (left: inout Money, right: Money) { left = left + right }
}

/// Always two decimals: `59.50`. It is a JSON number and an SQL decimal as it stands.
extension Money: CustomStringConvertible {
    package var description: String {
        let (units, hundredths) = cents.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(cents < 0 ? "-" : "")\(units).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}
