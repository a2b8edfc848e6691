/// Reads one line of the text format from left to right.
struct LineScanner {
    private var rest: Substring.UnicodeScalarView
    private let number: Int

    init(_ line: Substring.UnicodeScalarView, number: Int) {
        rest = line
        if rest.last == "\r" { rest.removeLast() }
        self.number = number
    }

    var isAtEnd: Bool { rest.isEmpty }

    func fault(_ message: String) -> TextFormatFault {
        TextFormatFault(line: number, message: message)
    }

    mutating func skipBlanks() {
        rest = rest.drop { $0 == " " || $0 == "\t" }
    }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    mutating func word() -> String {
        taking { $0 != " " && $0 != "\t" }
    }

    /// `http_requests_total{method="post",code="200"} 1027 1395066363000`
    mutating func sample() throws(TextFormatFault) -> MetricSample {
        let name = try metricName()
        skipBlanks()
        let labels = take("{") ? try self.labels() : [:]
        skipBlanks()
        let text = word()
        guard !text.isEmpty else { throw fault("\(name) has no value") }
        guard let value = Double(text) else { throw fault("\"\(text)\" is no value") }
        skipBlanks()
        var timestamp: Int?
        if !isAtEnd {
            let text = word()
            guard let milliseconds = Int(text) else { throw fault("\"\(text)\" is no timestamp in milliseconds") }
            timestamp = milliseconds
        }
        skipBlanks()
        guard isAtEnd else { throw fault("\"\(String(rest.prefix(20)))\" is left over at the end of the line") }
        return MetricSample(name: name, labels: labels, value: value, timestamp: timestamp)
    }

    mutating func metricName() throws(TextFormatFault) -> String {
        let name = taking { Self.isNamePart($0) || $0 == ":" }
        guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else {
            throw fault("expected the name of a metric, found \"\(String(rest.prefix(20)))\"")
        }
        return name
    }

    mutating func helpText() throws(TextFormatFault) -> String {
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() { text.append(scalar == "\\" ? try escaped(quotes: false) : scalar) }
        return String(text)
    }

    private mutating func labels() throws(TextFormatFault) -> [String: String] {
        var labels: [String: String] = [:]
        while true {
            skipBlanks()
            if take("}") { return labels }
            let name = taking(while: Self.isNamePart)
            guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else {
                throw fault("expected the name of a label, found \"\(String(rest.prefix(20)))\"")
            }
            skipBlanks()
            guard take("=") else { throw fault("the label \(name) has no value") }
            skipBlanks()
            guard labels.updateValue(try quoted(after: name), forKey: name) == nil else {
                throw fault("the label \(name) is given twice")
            }
            skipBlanks()
            if take(",") { continue }
            guard take("}") else { throw fault("the labels are not closed with \"}\"") }
            return labels
        }
    }

    private mutating func quoted(after name: String) throws(TextFormatFault) -> String {
        guard take("\"") else { throw fault("the value of the label \(name) is not in quotes") }
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\"" { return String(text) }
            text.append(scalar == "\\" ? try escaped(quotes: true) : scalar)
        }
        throw fault("the value of the label \(name) is not closed with a quote")
    }

    private mutating func escaped(quotes: Bool) throws(TextFormatFault) -> Unicode.Scalar {
        switch rest.popFirst() {
        case "\\": return "\\"
        case "n": return "\n"
        case "\"" where quotes: return "\""
        case let other:
            throw fault("unknown escape \"\\\(other.map(String.init) ?? "")\"")
        }
    }

    private mutating func taking(while belongs: (Unicode.Scalar) -> Bool) -> String {
        let taken = rest.prefix(while: belongs)
        rest = rest[taken.endIndex...]
        return String(taken)
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
    }
}
