/// A report's Markdown, searched for what it has.
struct ReportText {
    /// Where a text was found.
    struct Place: Equatable {
        /// Of the second level; nil above the first.
        var heading: String?
        /// The title of the innermost fold; nil outside of them.
        var fold: String?
        /// Of the first source that is named there.
        var footnote: Int?
    }

    private struct Line {
        var text: Substring
        var heading: String?
        var folds: [String]
    }

    private let lines: [Line]

    init(_ markdown: String) {
        var lines: [Line] = []
        var heading: String?
        var folds: [String] = []
        for text in markdown.lines {
            if text.hasPrefix("## ") {
                heading = String(text.dropFirst(3))
                folds = []
            } else if text.hasPrefix("<details") {
                folds.append("")
            } else if text.hasPrefix("<summary>"), !folds.isEmpty {
                folds[folds.count - 1] = String(text.dropFirst("<summary>".count).dropLast("</summary>".count))
            }
            lines.append(Line(text: text, heading: heading, folds: folds))
            if text == "</details>", !folds.isEmpty { folds.removeLast() }
        }
        self.lines = lines
    }

    /// Where the first of some texts stands, if all of them do.
    /// - Parameters:
    ///   - texts: each with its alternatives.
    ///   - heading: of the section that is searched; nil for the whole report.
    func place(of texts: [[String]], under heading: String?) -> Place? {
        let section = lines.indices.filter { heading == nil || lines[$0].heading == heading }
        let found = texts.map { alternatives in
            section.first { index in alternatives.contains { !$0.isEmpty && lines[index].text.contains($0) } }
        }
        guard let first = found.first ?? nil, found.allSatisfy({ $0 != nil }) else { return nil }
        return Place(
            heading: lines[first].heading, fold: lines[first].folds.last, footnote: footnote(near: first))
    }

    /// A source stands at the end of its line; that of a table or a chart in the lines below.
    private func footnote(near index: Int) -> Int? {
        for line in lines[index...].prefix(30) {
            if line.heading != lines[index].heading || line.folds != lines[index].folds { return nil }
            if let found = line.text.firstMatch(of: /\[(\d+)\]/) { return Int(found.output.1) }
        }
        return nil
    }
}
