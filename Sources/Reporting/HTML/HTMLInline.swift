/// Running text of the report's Markdown as HTML: code spans, emphasis, links, escapes and character references.
/// What is none of these is text, and is escaped.
struct HTMLInline {
    private let text: [Character]
    private var index = 0

    static func html(_ markdown: some StringProtocol) -> String {
        // Most cells of tables are plain numbers and words.
        guard markdown.utf8.contains(where: { "\\`*[<>&\"".utf8.contains($0) }) else { return String(markdown) }
        var inline = HTMLInline(text: Array(markdown))
        return inline.run(until: nil)
    }

    private init(text: [Character]) { self.text = text }

    /// - Parameter end: the mark that closes an emphasis; without it to the end of the text.
    private mutating func run(until end: String?) -> String {
        var html = ""
        while index < text.count {
            if let end, starts(with: end) { return html }
            html += next()
        }
        return html
    }

    private mutating func next() -> String {
        let character = text[index]
        switch character {
        case "\\" where index + 1 < text.count && text[index + 1].isASCII && text[index + 1].isPunctuationOrSymbol:
            index += 2
            return HTML.escaped(String(text[index - 1]))
        case "`": return code()
        case "*": return emphasis()
        case "[": return link()
        case " " where isFootnote(at: index + 1):
            // It does not stand alone on a line.
            index += 1
            return "\u{A0}"
        case "&": return reference()
        default:
            index += 1
            return HTML.escaped(String(character))
        }
    }

    private func starts(with mark: String, at place: Int? = nil) -> Bool {
        let place = place ?? index
        return place + mark.count <= text.count && text[place..<place + mark.count].elementsEqual(mark)
    }

    private func find(_ mark: String, from place: Int) -> Int? {
        guard place <= text.count - mark.count else { return nil }
        return (place...text.count - mark.count).first { starts(with: mark, at: $0) }
    }

    private mutating func code() -> String {
        let marks = text[index...].prefix { $0 == "`" }.count
        var place = index + marks
        while place < text.count {
            let run = text[place...].prefix { $0 == "`" }.count
            if run == marks {
                var inner = String(text[index + marks..<place])
                if inner.hasPrefix(" "), inner.hasSuffix(" "), inner.contains(where: { $0 != " " }) {
                    inner = String(inner.dropFirst().dropLast())
                }
                index = place + marks
                return "<code>\(HTML.escaped(inner))</code>"
            }
            place += max(1, run)
        }
        defer { index += marks }
        return String(repeating: "`", count: marks)
    }

    private mutating func emphasis() -> String {
        let mark = starts(with: "**") ? "**" : "*"
        let begin = index + mark.count
        guard begin < text.count, text[begin] != " ", find(mark, from: begin + 1) != nil else {
            index = begin
            return mark
        }
        let start = index
        index = begin
        let inner = run(until: mark)
        guard index < text.count else {
            // Its end was part of something else.
            index = start + mark.count
            return mark
        }
        index += mark.count
        return mark == "**" ? "<strong>\(inner)</strong>" : "<em>\(inner)</em>"
    }

    private mutating func link() -> String {
        guard let middle = closing(from: index + 1), starts(with: "](", at: middle), let end = find(")", from: middle)
        else {
            index += 1
            return "["
        }
        let target = String(text[middle + 2..<end])
        let label = HTMLInline.html(String(text[index + 1..<middle]))
        index = end + 1
        // Files beside the report, and the web.
        let isSafe = !target.contains(":") || target.hasPrefix("https://") || target.hasPrefix("http://")
        return isSafe ? "<a href=\"\(HTML.escaped(target))\">\(label)</a>" : label
    }

    private func isFootnote(at place: Int) -> Bool {
        guard starts(with: "[", at: place), let middle = closing(from: place + 1) else { return false }
        return starts(with: "](#e", at: middle) && text[(middle + 4)...].first?.isNumber == true
    }

    /// The next bracket that closes and has no backslash before it.
    private func closing(from place: Int) -> Int? {
        (place..<text.count).first { text[$0] == "]" && text[$0 - 1] != "\\" }
    }

    private mutating func reference() -> String {
        for name in ["&lt;", "&gt;", "&amp;", "&quot;"] where starts(with: name) {
            index += name.count
            return name
        }
        index += 1
        return "&amp;"
    }
}

extension Character {
    fileprivate var isPunctuationOrSymbol: Bool { isPunctuation || isSymbol }
}
