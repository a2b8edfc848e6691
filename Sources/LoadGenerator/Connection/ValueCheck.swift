import Model

/// What an answer's header fields and body are held against, beyond its status and its shape.
struct ValueCheck: Sendable {
    struct Field: Sendable {
        var name: String
        /// Bytes with `*` for any text.
        var pattern: [UInt8]
    }

    /// Expected fields; the answer's stand at the same places among those that were caught.
    let fields: [Field]
    let equals: [ExpectedValue]
    let size: ClosedRange<Int>?
    /// Where values that the user keeps stand: among the caught fields, or in the body.
    let takes: [(name: String, source: TakeSource)]
    /// Fields to catch, in lower case.
    let caught: [[UInt8]]

    enum TakeSource: Sendable {
        case field(Int)
        case json(JSONPath)
        /// Name and value of every cookie that the answer sets.
        case setCookies
        case cookie(String)
        case pattern(TextPattern)
        case element(ElementSelector, attribute: String?)
    }

    /// - Throws: a `Problem` for an expression that is none.
    init(_ check: Check, takes: [Take]) throws {
        fields = check.headers.map { Field(name: $0.name, pattern: Array($0.value.utf8)) }
        equals = check.equals
        size = check.size
        var names = check.headers.map { Array($0.name.lowercased().utf8) }
        self.takes = try takes.map { take in
            switch take.source {
            case .json(let path): return (take.name, .json(path))
            case .cookie(let name): return (take.name, .cookie(name))
            case .pattern(let text): return (take.name, .pattern(try TextPattern(text)))
            case .element(let selector, let attribute):
                return (take.name, .element(selector, attribute: attribute?.lowercased()))
            case .header(let name) where name.lowercased() == "set-cookie": return (take.name, .setCookies)
            case .header(let name):
                names.append(Array(name.lowercased().utf8))
                return (take.name, .field(names.count - 1))
            }
        }
        caught = names
    }

    var readsJSON: Bool {
        !equals.isEmpty
            || takes.contains {
                if case .json = $0.source { true } else { false }
            }
    }

    /// Whether it looks into the body other than as JSON.
    private var readsText: Bool {
        takes.contains {
            switch $0.source {
            case .pattern, .element: true
            case .field, .json, .setCookies, .cookie: false
            }
        }
    }

    var takesAllCookies: Bool {
        takes.contains { if case .setCookies = $0.source { true } else { false } }
    }

    var isNeeded: Bool { !fields.isEmpty || size != nil || readsJSON || !takes.isEmpty }

    /// - Returns: nil when all is as expected.
    func fault(fields found: [[UInt8]?], body: WholeBody) -> AnswerFault? {
        for (field, value) in zip(fields, found) {
            guard let value else { return .missingHeader(field.name) }
            if !Self.matches(value[...], field.pattern[...]) {
                return .header(
                    field.name, String(decoding: value.prefix(200), as: UTF8.self),
                    expected: String(decoding: field.pattern, as: UTF8.self))
            }
        }
        if let size, !size.contains(body.size) { return .size(body.size, expected: size) }
        if body.isCut, readsJSON || readsText { return .tooLong }
        guard readsJSON else { return nil }
        guard case .sound = body.json.verdict() else { return .notJSON }
        let locator = JSONLocator(body.kept)
        for expected in equals {
            let value = locator.value(at: expected.path)
            if !Self.isEqual(value, expected.value) {
                return .value(expected.path.rawValue, Self.words(value), expected: expected.value.description)
            }
        }
        return nil
    }

    /// The values to keep of an answer that is as expected, in the order of `takes`.
    func taken(_ scanner: ResponseScanner, body: WholeBody, jar: CookieJar?) -> Result<[[UInt8]], AnswerFault> {
        let found = scanner.caught
        var values: [[UInt8]] = []
        let locator = JSONLocator(body.kept)
        for (name, source) in takes {
            let value: [UInt8]?
            switch source {
            case .field(let index): value = found.indices.contains(index) ? found[index] : nil
            case .setCookies:
                let pairs = scanner.setCookies.compactMap(CookieJar.pair)
                value = pairs.isEmpty ? nil : Array(pairs.joined(separator: Array("; ".utf8)))
            case .cookie(let name): value = jar?.value(of: name)
            case .pattern(let pattern): value = pattern.value(in: body.kept)
            case .element(let selector, let attribute):
                var reader = MarkupReader(body.kept)
                value = reader.value(of: selector, attribute: attribute)
            case .json(let path):
                switch locator.value(at: path) {
                case .string(let text): value = text
                case .word(let word) where word != Array("null".utf8): value = word
                default: value = nil
                }
            }
            guard let value else { return .failure(.nothingToTake(name)) }
            values.append(value)
        }
        return .success(values)
    }

    private static func isEqual(_ found: JSONLocator.Found?, _ expected: JSONScalar) -> Bool {
        switch (found, expected) {
        case (.string(let text), .string(let wanted)): text == Array(wanted.utf8)
        case (.word(let word), .number), (.word(let word), .whole):
            JSONNumber.areEqual(word, Array(expected.description.utf8))
        case (.word(let word), .bool(let wanted)): word == Array("\(wanted)".utf8)
        case (.word(let word), .null): word == Array("null".utf8)
        default: false
        }
    }

    private static func words(_ found: JSONLocator.Found?) -> String {
        switch found {
        case nil: "nothing"
        case .container: "an object or a list"
        case .string(let text): "\"\(String(decoding: text.prefix(100), as: UTF8.self))\""
        case .word(let word): String(decoding: word.prefix(100), as: UTF8.self)
        }
    }

    /// Whether the text is the pattern's, in which `*` stands for any text.
    static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        let pieces = pattern.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        guard pieces.count > 1, let first = pieces.first, let last = pieces.last else { return text == pattern }
        guard text.count >= first.count + last.count, text.starts(with: first), text.suffix(last.count) == last else {
            return false
        }
        var rest = text.dropFirst(first.count).dropLast(last.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}

/// A body as it is judged: decoded where it came compressed, read as JSON, and kept where values are looked up in it.
struct WholeBody: BodySink {
    /// Bodies of which values are read may be so long.
    static let longest = 1_048_576

    var json = JSONScanner()
    private(set) var size = 0
    private(set) var kept: [UInt8] = []
    private(set) var isCut = false
    private var isKept = false
    /// Of the body under way; nil for one that came as it is.
    private(set) var decoder: BodyDecoder?
    /// Of an earlier body, to be used again.
    private var spare: BodyDecoder?

    /// - Parameter keeping: its bytes are needed.
    mutating func begin(wanting keys: [[UInt8]], keeping: Bool) {
        json.begin(wanting: keys)
        isKept = keeping
        if let decoder {
            spare = decoder
            self.decoder = nil
        }
        if size > 0 {
            size = 0
            kept.removeAll(keepingCapacity: true)
            isCut = false
        }
    }

    mutating func begin(_ coding: ContentCoding) {
        // Another reader may still be in the midst of a body with the same one.
        if isKnownUniquelyReferenced(&spare), let spare, spare.restart(coding) {
            decoder = spare
        } else {
            decoder = BodyDecoder(coding)
        }
        spare = nil
    }

    mutating func receive(_ bytes: Span<UInt8>) {
        guard let decoder else { return take(bytes) }
        decoder.decode(bytes) { take($0) }
    }

    /// Whether its bytes are what its coding says.
    var isReadable: Bool { decoder?.isSound ?? true }

    /// nil for a body that came as it is.
    var compressed: CompressedBodies? {
        decoder.map { CompressedBodies(answers: 1, wire: $0.wireBytes, decoded: $0.decodedBytes) }
    }

    private mutating func take(_ bytes: Span<UInt8>) {
        json.receive(bytes)
        guard isKept else { return }
        size += bytes.count
        guard kept.count + bytes.count <= Self.longest else { return isCut = true }
        for index in 0..<bytes.count { kept.append(bytes[index]) }
    }
}
