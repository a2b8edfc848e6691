/// A report for print: paper has no folds, so what is folded stands behind the rest, as an appendix with a heading for each fold.
struct Appendix {
    /// The report without its folds, then the appendix, in Markdown.
    private(set) var markdown = ""

    private var body: [Substring] = []
    private var appendix: [Substring] = []
    private var depth = 0
    /// Of the section that is read, and whether the appendix has it already.
    private var section: Substring = ""
    private var isBegun = false
    /// What stands in the body and in the appendix: a question to think about, whose model answer is folded.
    private var isQuestion = false

    /// - Parameters:
    ///   - report: as Markdown, with its first heading.
    ///   - title: of the appendix.
    ///   - pointer: to it, at the end of a section that has folds: a text with a link, for the anchor of the section there.
    init(of report: String, title: String, pointer: (String) -> String) {
        var fence: Substring?
        var anchors = HeadingAnchors()
        var ends: [(index: Int, section: Substring)] = []
        for line in report.lines {
            let marks = line.prefix { $0 == "`" }
            if let open = fence {
                if marks == open && marks.count == line.count { fence = nil }
                keep(line)
            } else if marks.count >= 3 {
                fence = marks
                keep(line)
            } else if line.hasPrefix("<details") {
                if depth == 0 { open(line) }
                depth += 1
                if isQuestion { body.append(line) }
            } else if line == "</details>" {
                if isQuestion { body += [line, ""] }
                depth -= 1
                if depth == 0 { isQuestion = false }
            } else if line.hasPrefix("<summary>"), depth > 0 {
                if isQuestion { body.append(line) }
                let name = line.dropFirst("<summary>".count).dropLast("</summary>".count)
                appendix += ["", Substring(String(repeating: "#", count: min(6, depth + 3)) + " " + name), ""]
            } else {
                if depth == 0, line.hasPrefix("# ") || line.hasPrefix("## ") {
                    if isBegun { ends.append((body.count, section)) }
                    section = line.drop { $0 == "#" }.dropFirst()
                    isBegun = false
                    _ = anchors.next(for: String(section))
                }
                keep(line)
            }
        }
        if isBegun { ends.append((body.count, section)) }
        guard !appendix.isEmpty else {
            markdown = report
            return
        }
        _ = anchors.next(for: title)
        // The appendix's headings come after the report's, in the order of its sections.
        let pointers = ends.map { (index: $0.index, text: pointer(anchors.next(for: String($0.section)))) }
        for (index, text) in pointers.reversed() { body.insert(contentsOf: [Substring(text), ""], at: index) }
        markdown = (body + ["", Substring("## \(title)"), ""] + appendix).joined(separator: "\n") + "\n"
    }

    private mutating func open(_ line: Substring) {
        isQuestion = line.contains("class=\"think\"")
        guard !isBegun else { return }
        isBegun = true
        appendix += ["", "### " + section, ""]
    }

    private mutating func keep(_ line: Substring) {
        if depth == 0 || isQuestion { body.append(line) }
        if depth > 0 { appendix.append(line) }
    }
}

/// The names by which headings are linked to: a second one of the same text gets a number, as on forges.
struct HeadingAnchors {
    private var counts: [String: Int] = [:]

    mutating func next(for heading: String) -> String {
        let name = Markdown.anchor(of: heading)
        let before = counts[name, default: 0]
        counts[name] = before + 1
        return before == 0 ? name : "\(name)-\(before)"
    }
}
