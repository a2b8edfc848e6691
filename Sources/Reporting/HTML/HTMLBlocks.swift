/// The report's Markdown as HTML. It knows the blocks that the templates use: headings, paragraphs, lists, quotations,
/// tables, fenced blocks and folds. Unlike a library for all of Markdown, it gives the same bytes on every machine and
/// carries drawings through.
package struct HTMLBlocks {
    /// The language of a fenced block whose content is an SVG figure of this program's own.
    static let drawing = "storelab-drawing"

    private let lines: [Substring]
    private var index = 0
    private var html = ""
    private var anchors = HeadingAnchors()
    /// Of the part that a table stands in.
    private var title = ""
    package struct Heading: Sendable {
        package var level: Int
        package var id: String
        package var html: String
    }

    /// Headings of the second and third level, for the contents.
    private(set) var headings: [Heading] = []

    package static func convert(_ markdown: String) -> (html: String, headings: [Heading]) {
        var blocks = HTMLBlocks(lines: markdown.lines)
        while blocks.index < blocks.lines.count { blocks.next() }
        return (blocks.html, blocks.headings)
    }

    private init(lines: [Substring]) { self.lines = lines }

    private mutating func next() {
        let line = lines[index]
        let level = line.prefix { $0 == "#" }.count
        if line.isEmpty {
            index += 1
        } else if ["<details>", "<details open>", "<details class=\"think\">", "</details>"].contains(line) {
            html += line + "\n"
            index += 1
        } else if line.hasPrefix("<summary>"), line.hasSuffix("</summary>") {
            // Made of the report's own words; what is of others in it is escaped already.
            title = String(line.dropFirst("<summary>".count).dropLast("</summary>".count))
            html += line + "\n"
            index += 1
        } else if line.hasPrefix("```") {
            fence(line)
        } else if (1...6).contains(level), line.dropFirst(level).first == " " {
            heading(line.dropFirst(level + 1), level)
        } else if line.hasPrefix("|"), index + 1 < lines.count, Self.isRule(lines[index + 1]) {
            table()
        } else if line.hasPrefix("- ") {
            items("ul") { $0.hasPrefix("- ") ? $0.dropFirst(2) : nil }
        } else if Self.numbered(line) != nil {
            items("ol", Self.numbered)
        } else if line.hasPrefix("> ") {
            quotation()
        } else {
            paragraph()
        }
    }

    private mutating func fence(_ line: Substring) {
        let marks = line.prefix { $0 == "`" }
        let end = lines[(index + 1)...].firstIndex { $0 == marks } ?? lines.endIndex
        let content = lines[index + 1..<end].joined(separator: "\n")
        html +=
            line.dropFirst(marks.count) == Self.drawing
            ? content + "\n" : "<pre tabindex=\"0\"><code>\(HTML.escaped(content))</code></pre>\n"
        index = min(end + 1, lines.count)
    }

    private mutating func heading(_ text: Substring, _ level: Int) {
        let inner = HTMLInline.html(text)
        let id = anchors.next(for: String(text))
        if level == 2 || level == 3 { headings.append(Heading(level: level, id: id, html: inner)) }
        title = inner
        html += "<h\(level) id=\"\(HTML.escaped(id))\">\(inner)"
        if level > 1 { html += " <a class=\"anchor\" href=\"#\(HTML.escaped(id))\" aria-label=\"#\">#</a>" }
        html += "</h\(level)>\n"
        index += 1
    }

    private mutating func items(_ name: String, _ item: (Substring) -> Substring?) {
        html += "<\(name)>\n"
        while index < lines.count, let text = item(lines[index]) {
            html += "<li>\(HTMLInline.html(text))</li>\n"
            index += 1
        }
        html += "</\(name)>\n"
    }

    private static func numbered(_ line: Substring) -> Substring? {
        let digits = line.prefix { $0.isASCII && $0.isNumber }
        let rest = line.dropFirst(digits.count)
        return !digits.isEmpty && rest.hasPrefix(". ") ? rest.dropFirst(2) : nil
    }

    private mutating func quotation() {
        var parts: [String] = []
        while index < lines.count, lines[index].hasPrefix("> ") {
            parts.append(HTMLInline.html(lines[index].dropFirst(2)))
            index += 1
        }
        html += "<blockquote><p>\(parts.joined(separator: "<br>"))</p></blockquote>\n"
    }

    private mutating func paragraph() {
        var parts: [Substring] = []
        while index < lines.count, !lines[index].isEmpty, parts.isEmpty || !lines[index].hasPrefix("```") {
            parts.append(lines[index])
            index += 1
        }
        let inner = HTMLInline.html(parts.joined(separator: "\n"))
        // Its source may stand behind it.
        let isAnswer =
            inner.hasPrefix("<strong>")
            && (inner.hasSuffix("</strong>")
                || (inner.contains("</strong>\u{A0}<a href=\"#e") && inner.hasSuffix("</a>")))
        html += "<p\(isAnswer ? " class=\"answer\"" : "")>\(inner)</p>\n"
    }

    // MARK: Tables

    private static func isRule(_ line: Substring) -> Bool {
        line.hasPrefix("|") && line.contains("-") && line.allSatisfy { "|-: ".contains($0) }
    }

    private mutating func table() {
        // What is aligned to the left in so many words stays on one line.
        let classes = Self.cells(lines[index + 1]).map { rule in
            rule.hasSuffix(":") ? " class=\"n\"" : rule.hasPrefix(":") ? Self.whole : ""
        }
        func row(_ line: Substring, _ name: String) -> String {
            let cells = Self.cells(line).enumerated().map { column, cell in
                let style = column < classes.count ? classes[column] : ""
                if name == "th" { return "<th scope=\"col\"\(style)>\(HTMLInline.html(cell))</th>" }
                // Where a footnote leads to.
                if column == 0, cell.hasPrefix("["), cell.hasSuffix("]"), let number = Int(cell.dropFirst().dropLast())
                {
                    return "<td id=\"\(Footnotes.anchor(number))\"\(style)>\(number)</td>"
                }
                // Words need room, and may take several lines among numbers. Sources are short, however long their links are.
                let isLong = cell.count > Self.longCell && !cell.hasPrefix("[") && style != Self.whole
                let long = style.isEmpty ? " class=\"long\"" : " class=\"n long\""
                return "<td\(isLong ? long : style)>\(HTMLInline.html(cell))</td>"
            }
            return "<tr>\(cells.joined())</tr>\n"
        }
        let head = row(lines[index], "th")
        let hasHead = Self.cells(lines[index]).contains { !$0.isEmpty }
        index += 2
        var body = ""
        while index < lines.count, lines[index].hasPrefix("|") {
            body += row(lines[index], "td")
            index += 1
        }
        html += "<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"\(Self.plain(title))\"><table>\n"
        html += "<caption>\(title)</caption>\n\(hasHead ? "<thead>\(head)</thead>\n" : "")"
        html += "<tbody>\n\(body)</tbody></table></div>\n"
    }

    private static let whole = " class=\"whole\""

    /// More characters than a number has.
    private static let longCell = 24

    /// Without elements, for an attribute.
    private static func plain(_ html: String) -> String {
        html.replacing(/<[^>]*>/, with: "").replacing("\"", with: "&quot;")
    }

    /// A bar after a backslash is text, in code too.
    private static func cells(_ line: Substring) -> [String] {
        var cells = [""]
        var isEscaped = false
        for character in line.dropFirst() {
            if character == "|", !isEscaped {
                cells.append("")
                continue
            }
            if character == "|" { cells[cells.count - 1].removeLast() }
            cells[cells.count - 1].append(character)
            isEscaped = character == "\\" && !isEscaped
        }
        // What stands behind the last bar is no cell of its own.
        let rest = trimmed(cells.removeLast())
        if !rest.isEmpty, !cells.isEmpty { cells[cells.count - 1] += rest }
        return cells.map(trimmed)
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
