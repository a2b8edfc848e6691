import Model

/// Small forms of text for a terminal.
enum Text {
    static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Columns as wide as their widest cell.
    static func table(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = zip(row, widths).map { padded($0, to: $1) }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    /// For example `42 s` or `3 min 05 s`.
    static func duration(_ seconds: Seconds) -> String {
        let whole = Int(seconds.rounded())
        guard whole >= 60 else { return "\(whole) s" }
        let rest = whole % 60
        return "\(whole / 60) min \(rest < 10 ? "0" : "")\(rest) s"
    }

    /// For example `0.031 s`.
    static func exactSeconds(_ seconds: Seconds) -> String { "\((seconds * 1000).rounded() / 1000) s" }

    /// Milliseconds with as many digits as matter.
    static func milliseconds(_ seconds: Seconds) -> String {
        let value = seconds * 1000
        return value < 10 ? "\(fixed(value, 1)) ms" : "\(Int(value.rounded())) ms"
    }

    static func percent(_ share: Share) -> String { "\(fixed(share * 100, 1)) %" }

    /// What a load is held at: `100 users`, or `500 arrivals/s`.
    static func level(_ level: LoadLevel) -> String {
        switch level {
        case .users(let users): "\(users) users"
        case .arrivals(let rate): "\(exact(rate)) arrivals/s"
        }
    }

    /// A number as it was asked for.
    static func exact(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }

    /// What a load is doing, and how far it has come: `hold 100/100 users`, or `hold 500 arrivals/s`.
    static func activity(_ second: RunSecond) -> String {
        let goal =
            second.targetRate.map { level(.arrivals(perSecond: $0)) } ?? "\(second.users)/\(second.targetUsers) users"
        return "\(second.activity.rawValue) \(goal)"
    }

    fileprivate static func fixed(_ value: Double, _ digits: Int) -> String {
        let scaled = Int((value * 10).rounded())
        return digits == 1 ? "\(scaled / 10).\(abs(scaled % 10))" : "\(Int(value.rounded()))"
    }
}

extension Text {
    /// One character per value, as high as the value's share of the largest.
    static func sparkline(_ values: [Double]) -> String {
        let steps = Array("▁▂▃▄▅▆▇█")
        guard let most = values.max(), most > 0 else { return String(repeating: "▁", count: values.count) }
        return String(values.map { steps[min(steps.count - 1, Int(max(0, $0) / most * Double(steps.count)))] })
    }

    /// A rate or count with as many digits as matter.
    static func number(_ value: Double) -> String { value < 10 ? fixed(value, 1) : "\(Int(value.rounded()))" }
}
