/// A metric with its samples, as a `/metrics` page shows it.
package struct MetricFamily: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case counter, gauge, histogram, summary, untyped
    }

    package var name: String
    package var help: String
    package var kind: Kind
    package var samples: [MetricSample]
}

package struct MetricSample: Sendable, Equatable {
    /// The family's name, or with `_bucket`, `_sum` or `_count` after it.
    package var name: String
    package var labels: [String: String]
    /// May be `NaN` or infinite.
    package var value: Double
    /// Milliseconds since 1970; nil where the page gives none.
    package var timestamp: Int?
}

/// A line of a `/metrics` page that is not in the format.
package struct TextFormatFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    package var line: Int
    package var message: String

    package var description: String { "line \(line): \(message)" }
}

/// Reads the Prometheus text format, version 0.0.4.
package struct TextFormat {
    private var families: [MetricFamily] = []
    private var places: [String: Int] = [:]
    private var declared: Set<String> = []

    /// - Throws: the first line that is not in the format.
    package static func parse(_ text: String) throws(TextFormatFault) -> [MetricFamily] {
        var format = TextFormat()
        var number = 0
        // By scalars, as a carriage return and its line feed are one character.
        for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            var scanner = LineScanner(line, number: number)
            scanner.skipBlanks()
            if scanner.isAtEnd { continue }
            if scanner.take("#") {
                try format.read(comment: &scanner)
            } else {
                format.add(try scanner.sample())
            }
        }
        return format.families
    }

    private mutating func read(comment scanner: inout LineScanner) throws(TextFormatFault) {
        scanner.skipBlanks()
        let keyword = scanner.word()
        guard keyword == "HELP" || keyword == "TYPE" else { return }
        scanner.skipBlanks()
        let name = try scanner.metricName()
        scanner.skipBlanks()
        let place = family(named: name)
        if keyword == "HELP" {
            families[place].help = try scanner.helpText()
            return
        }
        let word = scanner.word()
        guard let kind = MetricFamily.Kind(rawValue: word) else {
            throw scanner.fault("\"\(word)\" is no type of metric")
        }
        guard declared.insert(name).inserted else { throw scanner.fault("the type of \(name) is given twice") }
        guard families[place].samples.isEmpty else {
            throw scanner.fault("the type of \(name) comes after its samples")
        }
        families[place].kind = kind
    }

    private mutating func add(_ sample: MetricSample) {
        families[place(of: sample.name)].samples.append(sample)
    }

    /// The family that declared such samples, or one of the sample's own name.
    private mutating func place(of name: String) -> Int {
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            guard let place = places[String(name.dropLast(suffix.count))] else { continue }
            switch families[place].kind {
            case .histogram: return place
            case .summary where suffix != "_bucket": return place
            default: continue
            }
        }
        return family(named: name)
    }

    private mutating func family(named name: String) -> Int {
        if let place = places[name] { return place }
        families.append(MetricFamily(name: name, help: "", kind: .untyped, samples: []))
        places[name] = families.count - 1
        return families.count - 1
    }
}

package extension [MetricFamily] {
    /// The sum of all samples of a name that have these labels among theirs; nil when there is none.
    func sum(of name: String, where labels: [String: String] = [:]) -> Double? {
        let values = lazy.flatMap(\.samples).filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }.map(\.value)
        return values.isEmpty ? nil : values.reduce(0, +)
    }
}
