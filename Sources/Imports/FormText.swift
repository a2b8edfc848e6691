/// Bodies of `application/x-www-form-urlencoded`.
enum FormText {
    /// The pairs, where a form made of them is sent with the same bytes; nil where it would not be.
    static func fields(_ text: String) -> [SourceRequest.Field]? {
        guard !text.isEmpty else { return nil }
        var fields: [SourceRequest.Field] = []
        for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let name = Percent.decoded(parts[0], plusIsBlank: true),
                let value = Percent.decoded(parts[1], plusIsBlank: true), !name.isEmpty,
                encoded(name) == parts[0], encoded(value) == parts[1]
            else { return nil }
            fields.append(.init(name: name, value: value))
        }
        return fields
    }

    /// As the load generator writes it (URL standard, section 5.2).
    static func encoded(_ text: String) -> String {
        Marked.mapped(text) { text in
            text.utf8.map { byte in
                switch byte {
                case 0x20: "+"
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2A, 0x2D, 0x2E, 0x5F:
                    String(Character(Unicode.Scalar(byte)))
                default: Percent.encoded(byte)
                }
            }.joined()
        }
    }

    static func text(_ fields: [SourceRequest.Field]) -> String {
        fields.map { encoded($0.name) + "=" + encoded($0.value) }.joined(separator: "&")
    }
}
