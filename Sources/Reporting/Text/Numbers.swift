package import Model

/// Numbers in a language's form, the same on every machine.
package struct Numbers: Sendable {
    private let decimalMark: String
    private let group: String
    /// Between a number and `%`.
    private let percentSpace: String
    /// Between a number and its unit.
    private let space: String
    private let pluralFromTwo: Bool

    /// - Parameter plain: only ordinary spaces, for charts in a fixed-width font.
    package init(_ language: Language, plain: Bool = false) {
        let habits = language.habits
        pluralFromTwo = habits.pluralFromTwo
        decimalMark = habits.decimalMark
        group = plain ? habits.groupOfCharts : habits.group
        space = plain ? " " : "\u{A0}"
        percentSpace = plain && !habits.percentSpace.isEmpty ? " " : habits.percentSpace
    }

    package func integer(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += group }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + text
    }

    /// - Parameter digits: after the decimal mark, 0 to 6.
    package func decimal(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return "–" }
        let factor = (0..<digits).reduce(1.0) { product, _ in product * 10 }
        let scaled = (value.magnitude * factor).rounded()
        guard scaled < 9e15 else { return integer(Int(max(-9e18, min(9e18, value)))) }
        let (whole, rest) = Int(scaled).quotientAndRemainder(dividingBy: Int(factor))
        var text = integer(whole)
        if digits > 0 {
            let tail = String(rest)
            text += decimalMark + String(repeating: "0", count: digits - tail.count) + tail
        }
        return (value < 0 && scaled > 0 ? "-" : "") + text
    }

    /// Three significant digits for small values, whole numbers from 100 on.
    package func short(_ value: Double) -> String {
        decimal(value, digits: value.magnitude < 10 ? 2 : value.magnitude < 100 ? 1 : 0)
    }

    /// Three significant digits where there are decimals, and three decimals at most.
    package func significant(_ value: Double) -> String {
        value.magnitude < 1 ? decimal(value, digits: 3) : short(value)
    }

    /// At most two decimals, none that are zero: for values that people wrote.
    package func exact(_ value: Double) -> String {
        let hundredths = (value * 100).rounded()
        let digits = hundredths.remainder(dividingBy: 100) == 0 ? 0 : hundredths.remainder(dividingBy: 10) == 0 ? 1 : 2
        return decimal(value, digits: digits)
    }

    /// A share as a percentage as people write it, for example `5%`.
    package func exactPercent(_ share: Share) -> String { exact(share * 100) + percentSpace + "%" }

    /// A latency as a number of milliseconds, without the unit.
    package func milliseconds(_ value: Seconds) -> String { short(value * 1000) }

    /// A latency with its unit.
    package func latency(_ value: Seconds) -> String { milliseconds(value) + space + "ms" }

    /// A length of time with its unit, as people write it: `60 s`, `2.5 s`, `250 ms`.
    package func seconds(_ value: Seconds) -> String {
        value > 0 && value < 1 ? exact(value * 1000) + space + "ms" : exact(value) + space + "s"
    }

    /// A share as a percentage. One that is not quite 0 or 100 % is never shown as such.
    package func percent(_ share: Share) -> String {
        guard share.isFinite else { return "–" }
        let value = share * 100
        if value > 0, value < 0.01 { return "<" + decimal(0.01, digits: 2) + percentSpace + "%" }
        if value < 100, value >= 99.995 { return ">" + decimal(99.99, digits: 2) + percentSpace + "%" }
        if (value - 100).magnitude < 0.05, value >= 100 { return integer(100) + percentSpace + "%" }
        let digits = value == 0 ? 0 : value.magnitude < 1 || (value > 99.9 && value < 100) ? 2 : 1
        return decimal(value, digits: digits) + percentSpace + "%"
    }

    /// Whether what is counted stands in the plural: in French from 2 on.
    package func isPlural(_ value: Double) -> Bool { pluralFromTwo ? value.magnitude >= 2 : value != 1 }

    /// With its sign.
    package func difference(percent share: Share) -> String {
        (share > 0 ? "+" : "") + percent(share)
    }

    /// For example `3.9 GiB`.
    package func gibibytes(_ bytes: Int, unit: String) -> String {
        decimal(Double(bytes) / 1_073_741_824, digits: 1) + space + unit
    }

    /// A point in time as `2026-11-23 10:15:00 UTC`.
    package static func date(_ time: UnixTime) -> String {
        guard time.isFinite, time.magnitude < 1e11 else { return "–" }
        let seconds = Int(time.rounded(.down))
        let (days, clock) = (floorDivide(seconds, 86_400), seconds - floorDivide(seconds, 86_400) * 86_400)
        // Days to a civil date in the Gregorian calendar: eras of 400 years that begin on 1 March.
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month))-\(padded(day)) "
            + "\(padded(clock / 3600)):\(padded(clock / 60 % 60)):\(padded(clock % 60)) UTC"
    }

    private static func floorDivide(_ value: Int, _ divisor: Int) -> Int {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }

    private static func padded(_ value: Int, _ width: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
