import Model

/// Why a text is not the value that is expected, as a message.
struct Unreadable: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// Numbers with their units, read from what the user wrote.
enum Quantity {
    /// `500ms`, `10s`, `2m`, `1h` → seconds; `0s` too, `0` not.
    static func duration(_ text: String) throws(Unreadable) -> Seconds {
        let (number, unit) = try split(text, expected: "a time", example: "10s")
        let scale: [String: Seconds] = ["ms": 0.001, "s": 1, "m": 60, "h": 3600]
        guard !unit.isEmpty else { throw Unreadable("\(text) has no unit; write for example \(text)s") }
        guard let factor = scale[unit] else {
            throw Unreadable("\"\(unit.shortened)\" is not a unit of time; write ms, s, m or h, for example 10s")
        }
        return number * factor
    }

    /// `5%` → 0.05.
    static func share(_ text: String) throws(Unreadable) -> Share {
        let (number, unit) = try split(text, expected: "a share", example: "5%")
        guard !unit.isEmpty else { throw Unreadable("\(text) has no unit; write for example \(text)%") }
        guard unit == "%" else {
            throw Unreadable("\"\(unit.shortened)\" is not a unit of a share; write for example 5%")
        }
        return number / 100
    }

    /// `1/s` → 1 per second.
    static func rate(_ text: String) throws(Unreadable) -> Double {
        let (number, unit) = try split(text, expected: "a rate", example: "10/s")
        guard !unit.isEmpty else { throw Unreadable("\(text) has no unit; write for example \(text)/s") }
        guard unit == "/s" else {
            throw Unreadable("\"\(unit.shortened)\" is not a unit of a rate; write for example 10/s")
        }
        return number
    }

    /// Digits only: YAML readers disagree about `0x10`, `1_000`, `010` and `1e3`.
    static func integer(_ text: String) throws(Unreadable) -> Int {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), digits == "0" || digits.first != "0"
        else {
            throw Unreadable("expected a whole number in digits only, for example 1000, found \(text.shortened)")
        }
        guard let value = Int(text) else { throw Unreadable("\(text.shortened) is too large") }
        return value
    }

    /// `0.5`, `12`; neither exponents nor `NaN`.
    static func decimal(_ text: String) throws(Unreadable) -> Double {
        let (number, unit) = try split(text, expected: "a number", example: "0.5")
        guard unit.isEmpty else { throw Unreadable("expected a number without a unit, found \(text.shortened)") }
        return number
    }

    private static func split(
        _ text: String, expected: String, example: String
    ) throws(Unreadable) -> (number: Double, unit: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        let whole = digits.hasPrefix("-") ? digits.dropFirst() : digits
        guard whole.first?.isNumber == true, whole.last?.isNumber == true, let number = Double(digits) else {
            throw Unreadable("expected \(expected) such as \(example), found \"\(text.shortened)\"")
        }
        return (number, String(unit))
    }

    /// A length of time as a person writes it.
    static func written(duration: Seconds) -> String {
        if duration < 0 { return "-\(written(duration: -duration))" }
        if duration > 0, duration < 1 { return "\(written(duration * 1000))ms" }
        if duration >= 3600, duration.truncatingRemainder(dividingBy: 3600) == 0 {
            return "\(written(duration / 3600))h"
        }
        if duration >= 60, duration.truncatingRemainder(dividingBy: 60) == 0 { return "\(written(duration / 60))m" }
        return "\(written(duration))s"
    }

    static func written(share: Share) -> String { "\(written(share * 100))%" }

    /// Without a `.0`, and without the last digits of a binary fraction.
    static func written(_ number: Double) -> String {
        let rounded = (number * 1_000_000).rounded() / 1_000_000
        guard rounded.magnitude < 1e15, rounded == rounded.rounded() else { return "\(rounded)" }
        return "\(Int(rounded))"
    }
}
