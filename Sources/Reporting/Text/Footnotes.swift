/// Gives every place in the record that a number comes from a short id, and lists them in one table.
///
/// The templates hold the places as comments (`Writer.source`). In the text each becomes `[12]`, the same place always the same
/// id, in the order in which they are met; on a page it leads to its row of the table.
struct Footnotes {
    private(set) var places: [String] = []
    private var numbers: [String: Int] = [:]

    private static let (start, end) = (Array("<!-- ".utf8), Array(" -->".utf8))

    /// Marks that the table's rows carry on a page.
    static func anchor(_ number: Int) -> String { "e\(number)" }

    /// - Parameter text: the whole report, as Markdown; what is in fenced blocks stays as it is.
    mutating func number(_ text: String, form: ReportForm) -> String {
        var lines: [Substring] = []
        var fence: Substring?
        for line in text.lines {
            let marks = line.prefix { $0 == "`" }
            if let open = fence {
                if marks == open && marks.count == line.count { fence = nil }
            } else if marks.count >= 3 {
                fence = marks
            } else if line.range(ofBytes: Self.start) != nil {
                lines.append(Substring(numbered(line, form)))
                continue
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }

    private mutating func numbered(_ line: Substring, _ form: ReportForm) -> String {
        var result = ""
        var rest = line
        while let start = rest.range(ofBytes: Self.start),
            let end = rest[start.upperBound...].range(ofBytes: Self.end)
        {
            result += rest[..<start.lowerBound]
            let number = number(of: String(rest[start.upperBound..<end.lowerBound]))
            result += form == .html ? "[\(number)](#\(Self.anchor(number)))" : "[\(number)]"
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    private mutating func number(of place: String) -> Int {
        if let number = numbers[place] { return number }
        places.append(place)
        numbers[place] = places.count
        return places.count
    }
}
