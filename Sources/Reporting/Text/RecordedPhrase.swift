/// A sentence that the program writes into records in English, with `{{placeholders}}` for what it names. A report says it
/// in its own language. Records of older versions hold the sentence as it was then: a line `NAME.before` in
/// `templates/report/words.en.txt` is recognised too, and said as `NAME`.
struct RecordedPhrase: Sendable {
    /// The line of words that says it in each language.
    let name: String
    /// The text before, between and after the placeholders.
    private let pieces: [Substring]
    private let keys: [Substring]

    static let prefix = "recorded_"
    /// Ends the name of a line that holds the text of older versions.
    private static let earlier = ".before"

    /// - Parameter text: no placeholder directly follows another.
    init(name: String, text: Substring) {
        self.name = name.hasSuffix(Self.earlier) ? String(name.dropLast(Self.earlier.count)) : name
        var (pieces, keys): ([Substring], [Substring]) = ([], [])
        var rest = text
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            pieces.append(rest[..<open.lowerBound])
            keys.append(rest[open.upperBound..<close.lowerBound])
            rest = rest[close.upperBound...]
        }
        self.pieces = pieces + [rest]
        self.keys = keys
    }

    /// The values of its placeholders in a text; nil where the text is another sentence.
    func values(in text: String) -> [String: String]? {
        guard var rest = text.hasPrefix(pieces[0]) ? text.dropFirst(pieces[0].count) : nil else { return nil }
        var values: [String: String] = [:]
        for (index, key) in keys.enumerated() {
            let next = pieces[index + 1]
            let isLast = index == keys.count - 1
            let end: Range<Substring.Index>? =
                isLast
                ? (rest.hasSuffix(next) ? rest.index(rest.endIndex, offsetBy: -next.count)..<rest.endIndex : nil)
                : rest.firstRange(of: next)
            guard let end, end.lowerBound > rest.startIndex else { return nil }
            values[String(key)] = String(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        return rest.isEmpty ? values : nil
    }
}
