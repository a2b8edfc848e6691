/// The text format of Prometheus, version 0.0.4.
package struct Exposition {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package enum Kind: String {
        case counter, gauge, histogram
    }

    package typealias Label = (name: String, value: String)

    package private(set) var text = ""

    package init() {}

    package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func sample(_ name: String, _ value: String, _ labels: [Label] = []) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    /// A family that is one number.
    package mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: String) {
        family(name, kind, help)
        sample(name, value)
    }

    package mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
        single(name, kind, help, "\(value)")
    }

    package mutating func histogram(_ name: String, _ counts: HistogramCounts, _ labels: [Label] = []) {
        var cumulative = 0
        for (index, count) in counts.buckets.enumerated() {
            cumulative += count
            let bound = index < HistogramCounts.bounds.count ? HistogramCounts.bounds[index].text : "+Inf"
            sample("\(name)_bucket", "\(cumulative)", labels + [("le", bound)])
        }
        sample("\(name)_sum", Self.seconds(nanoseconds: counts.totalNanoseconds), labels)
        sample("\(name)_count", "\(cumulative)", labels)
    }

    /// Exact decimal seconds.
    package static func seconds(nanoseconds: Int) -> String {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let digits = String(rest)
        return "\(seconds).\(String(repeating: "0", count: 9 - digits.count))\(digits)"
    }

    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for character in value {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
