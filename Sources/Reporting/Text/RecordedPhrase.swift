/// A sentence that the program writes into records in English, with places for what it names.
struct RecordedPhrase: Sendable {
    /// Of the line of words that says it in each language.
    let name: String
    /// What stands before, between and after the places.
    private let pieces: [Substring]
    private let keys: [Substring]

    static let prefix = "recorded_"

    /// - Parameter text: with `{{places}}`, none beside another.
    init(name: String, text: Substring) {
        self.name = name
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

    /// What stands at its places in a text; nil where it is another sentence.
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
