/// Parts of a report that differ between Markdown and a page, such as charts. The text that both have in common holds a place for
/// each, which is a line of its own.
///
/// One thread writes that text; afterwards the parts may be taken from several.
final class FormedParts {
    /// What stands in the place, by the form and the characters of charts.
    typealias Part = @Sendable (ReportForm, ChartStyle) -> String

    private(set) var parts: [Part] = []

    /// What no other line of a report begins with: control characters of others are left out of it.
    private static let mark: Character = "\u{1}"

    /// - Returns: the line that holds the part's place.
    func place(for part: @escaping Part) -> String {
        parts.append(part)
        return "\(Self.mark)\(parts.count - 1)"
    }

    /// The text with the parts in their places. A part without text leaves no line, nor the blank one behind it.
    static func filled(_ text: String, with parts: [Part], _ form: ReportForm, _ charts: ChartStyle) -> String {
        var lines: [Substring] = []
        var isLeftOut = false
        for line in text.lines {
            if line.first == mark, let index = Int(line.dropFirst()), parts.indices.contains(index) {
                let part = parts[index](form, charts)
                isLeftOut = part.isEmpty
                if !isLeftOut { lines.append(Substring(part)) }
            } else {
                if !(isLeftOut && line.isEmpty) { lines.append(line) }
                isLeftOut = false
            }
        }
        return lines.joined(separator: "\n")
    }
}
