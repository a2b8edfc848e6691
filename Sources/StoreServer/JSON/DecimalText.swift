/// A JSON number as an exact decimal: digits times a power of ten. `1e2`, `100` and `100.0` are the same number.
package struct DecimalText: Sendable {
    private var isNegative: Bool
    /// Without zeros at either end; empty for zero.
    private var digits: [UInt8]
    /// The power of ten of the last digit.
    private var exponent: Int

    /// - Parameter text: a number in JSON's grammar.
    /// - Returns: nil for an exponent of more than nine digits.
    package init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let mantissa = rest.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
        var power = 0
        if mantissa.count < rest.count {
            let written = rest.dropFirst(mantissa.count + 1)
            guard written.count <= 10, let number = Int(String(decoding: written, as: UTF8.self)) else { return nil }
            power = number
        }
        let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }
        let fraction = mantissa.dropFirst(whole.count + 1)
        digits = (whole + fraction).map { $0 - UInt8(ascii: "0") }
        exponent = power - fraction.count
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        digits = Array(digits.drop { $0 == 0 })
        if digits.isEmpty { exponent = 0 }
    }

    /// nil when it is not whole, or has more than 18 digits.
    package var integer: Int? { scaled(by: 0) }

    /// The number times a power of ten; nil when that is not whole, or has more than 18 digits.
    private func scaled(by power: Int) -> Int? {
        let zeros = exponent + power
        guard digits.isEmpty || zeros >= 0 && zeros + digits.count <= 18 else { return nil }
        var value = digits.reduce(0) { $0 * 10 + Int($1) }
        for _ in 0..<max(0, digits.isEmpty ? 0 : zeros) { value *= 10 }
        return isNegative ? -value : value
    }

    /// The number as money, which has two decimals.
    ///
    /// Clients that compute in binary floating point send 0.30000000000000004 for 30 cents. What is less than a millionth of
    /// a cent away from a whole cent is that cent; anything else with more than two decimals is nil.
    package var money: Money? {
        if let cents = scaled(by: 2) { return Money(cents: cents) }
        guard exponent < -2, exponent >= -40, digits.count <= 40 else { return nil }
        // Digits in front of the third decimal, and the six that decide.
        let cut = digits.count + exponent + 2
        let padded = cut < 0 ? Array(repeating: 0, count: -cut) + digits : digits
        let head = padded.prefix(max(0, cut))
        let tail = padded.dropFirst(max(0, cut)).prefix(6)
        guard tail.count == 6, head.count <= 17 else { return nil }
        let cents = head.reduce(0) { $0 * 10 + Int($1) }
        let sign = isNegative ? -1 : 1
        if tail.allSatisfy({ $0 == 0 }) { return Money(cents: sign * cents) }
        if tail.allSatisfy({ $0 == 9 }) { return Money(cents: sign * (cents + 1)) }
        return nil
    }
}
