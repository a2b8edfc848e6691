package import Model

/// Durations as Prometheus writes them, for example `1m30s`
/// (https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations).
package enum PrometheusDuration {
    private static let units: [(name: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800), ("y", 31_536_000),
    ]

    /// - Returns: nil where it is none.
    package static func seconds(_ text: String) -> Seconds? {
        var rest = text[...]
        var sum = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let name = rest[digits.endIndex...].prefix { $0.isLetter }
            guard let count = Double(digits), let unit = units.first(where: { $0.name == name }) else { return nil }
            sum += count * unit.seconds
            rest = rest[name.endIndex...]
        }
        return text.isEmpty ? nil : sum
    }

    /// To a millisecond, which is what Prometheus resolves.
    package static func text(_ seconds: Seconds) -> String {
        let milliseconds = Int((seconds * 1000).rounded())
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}
