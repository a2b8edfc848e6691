/// A number as a JSON text writes it, free of rounding: digits × 10^exponent.
struct JSONNumber: Equatable {
    private let isNegative: Bool
    /// Without zeros at either end; none for zero.
    private let digits: [UInt8]
    private let exponent: Int

    /// - Returns: nil where the text is no number.
    init?(_ text: [UInt8]) {
        var rest = text[...]
        let minus = rest.first == UInt8(ascii: "-")
        if minus { rest = rest.dropFirst() }
        var digits: [UInt8] = []
        var exponent = 0
        while let byte = rest.first, byte.decimalDigit != nil {
            digits.append(byte)
            rest = rest.dropFirst()
        }
        guard !digits.isEmpty else { return nil }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            while let byte = rest.first, byte.decimalDigit != nil {
                digits.append(byte)
                exponent -= 1
                rest = rest.dropFirst()
            }
        }
        if let letter = rest.first, letter.lowercased == UInt8(ascii: "e") {
            let written = String(decoding: rest.dropFirst(), as: UTF8.self)
            guard let power = Int(written), power.magnitude < 1_000_000_000 else { return nil }
            exponent += power
            rest = []
        }
        guard rest.isEmpty else { return nil }
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        self.digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
        self.exponent = self.digits.isEmpty ? 0 : exponent
        isNegative = minus && !self.digits.isEmpty
    }

    /// Whether two texts are the same number. Whole numbers are compared digit by digit, since a double keeps them only up
    /// to 2^53; others as the doubles that every reader of JSON makes of them.
    static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard let first = JSONNumber(one), let second = JSONNumber(other) else { return false }
        if first.exponent >= 0, second.exponent >= 0 { return first == second }
        return Double(String(decoding: one, as: UTF8.self)) == Double(String(decoding: other, as: UTF8.self))
    }
}
