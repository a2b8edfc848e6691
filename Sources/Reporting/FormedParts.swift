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

    /// The text with the parts in their places.
    static func filled(_ text: String, with parts: [Part], _ form: ReportForm, _ charts: ChartStyle) -> String {
        text.lines.map { line in
            guard line.first == mark, let index = Int(line.dropFirst()), parts.indices.contains(index) else {
                return line
            }
            return Substring(parts[index](form, charts))
        }.joined(separator: "\n")
    }
}
