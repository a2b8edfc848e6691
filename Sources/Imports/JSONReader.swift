/// Reads JSON (RFC 8259) into a `Tree`, or into its leaves with their places.
struct JSONReader {
    /// Deeper texts are refused: each level costs some of the stack.
    static let deepest = 400

    /// A value that holds no others, with where it stands in the text.
    struct Leaf {
        /// As `take:` writes it: `items[0].id`.
        var path: String
        /// The nearest key above it.
        var key: String
        var value: Tree
        /// Of a string what stands between its quotes.
        var range: Range<Int>
    }

    struct Failure: Error {
        var message: String
        var offset: Int
        /// The text ends before its value does.
        var isCut: Bool
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    private var path = ""
    private var key = ""
    private let wantsLeaves: Bool
    private var leaves: [Leaf] = []

    private init(_ bytes: UnsafeBufferPointer<UInt8>, wantsLeaves: Bool) {
        self.bytes = bytes
        self.wantsLeaves = wantsLeaves
    }

    static func tree(_ bytes: [UInt8]) throws(Failure) -> Tree {
        try read(bytes, wantsLeaves: false).tree
    }

    /// - Returns: nil where the text is no JSON object or list.
    static func leaves(_ text: String) -> [Leaf]? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first(where: { $0 > 0x20 }), first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return nil }
        return try? read(bytes, wantsLeaves: true).leaves
    }

    private static func read(
        _ bytes: [UInt8], wantsLeaves: Bool
    ) throws(Failure) -> (tree: Tree, leaves: [Leaf]) {
        let result: Result<(tree: Tree, leaves: [Leaf]), Failure> = bytes.withUnsafeBufferPointer { buffer in
            var reader = JSONReader(buffer, wantsLeaves: wantsLeaves)
            do throws(Failure) {
                if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { reader.place = 3 }
                let tree = try reader.value(depth: 0)
                reader.skipBlanks()
                guard reader.place == buffer.count else { throw reader.failure("more follows after the JSON value") }
                return .success((tree, reader.leaves))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func failure(_ message: String) -> Failure {
        Failure(message: message, offset: place, isCut: place >= bytes.count)
    }

    private mutating func skipBlanks() {
        while place < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[place]) { place += 1 }
    }

    private mutating func value(depth: Int) throws(Failure) -> Tree {
        guard depth <= Self.deepest else { throw failure("nested more than \(Self.deepest) levels deep") }
        skipBlanks()
        guard place < bytes.count else { throw failure("the text ends here") }
        let start = place
        let value: Tree
        switch bytes[place] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "-"), 0x30...0x39: value = .number(try number())
        case UInt8(ascii: "t"): value = try word("true", .bool(true))
        case UInt8(ascii: "f"): value = try word("false", .bool(false))
        case UInt8(ascii: "n"): value = try word("null", .null)
        default: throw failure("this is no JSON value")
        }
        if wantsLeaves {
            let inner = if case .string = value { start + 1..<place - 1 } else { start..<place }
            leaves.append(Leaf(path: path, key: key, value: value, range: inner))
        }
        return value
    }

    private mutating func object(depth: Int) throws(Failure) -> Tree {
        var entries: [Tree.Entry] = []
        place += 1
        skipBlanks()
        if try next(is: UInt8(ascii: "}")) { return .object(entries) }
        while true {
            skipBlanks()
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
                throw failure("a key is missing here")
            }
            let name = try string()
            skipBlanks()
            guard try next(is: UInt8(ascii: ":")) else { throw failure("a colon is missing here") }
            let (outerPath, outerKey) = (path, key)
            if wantsLeaves {
                path = path.isEmpty ? name : path + "." + name
                key = name
            }
            entries.append(.init(key: name, value: try value(depth: depth + 1)))
            (path, key) = (outerPath, outerKey)
            skipBlanks()
            if try next(is: UInt8(ascii: "}")) { return .object(entries) }
            guard try next(is: UInt8(ascii: ",")) else { throw failure("a comma or } is missing here") }
        }
    }

    private mutating func list(depth: Int) throws(Failure) -> Tree {
        var elements: [Tree] = []
        place += 1
        skipBlanks()
        if try next(is: UInt8(ascii: "]")) { return .list(elements) }
        while true {
            let outer = path
            if wantsLeaves { path += "[\(elements.count)]" }
            elements.append(try value(depth: depth + 1))
            path = outer
            skipBlanks()
            if try next(is: UInt8(ascii: "]")) { return .list(elements) }
            guard try next(is: UInt8(ascii: ",")) else { throw failure("a comma or ] is missing here") }
        }
    }

    private mutating func next(is byte: UInt8) throws(Failure) -> Bool {
        guard place < bytes.count else { throw failure("the text ends here") }
        guard bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func word(_ word: StaticString, _ value: Tree) throws(Failure) -> Tree {
        for offset in 0..<word.utf8CodeUnitCount {
            guard place < bytes.count else { throw failure("the text ends here") }
            guard bytes[place] == word.utf8Start[offset] else { throw failure("this is no JSON value") }
            place += 1
        }
        return value
    }

    private mutating func number() throws(Failure) -> String {
        let start = place
        while place < bytes.count, (0x30...0x39).contains(bytes[place]) || "+-.eE".utf8.contains(bytes[place]) {
            place += 1
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        guard Double(text) != nil else { throw failure("\(text.prefix(20)) is no number") }
        return text
    }

    private mutating func string() throws(Failure) -> String {
        place += 1
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\") { place += 1 }
        guard place < bytes.count else { throw failure("the text ends here") }
        if bytes[place] == UInt8(ascii: "\"") {
            place += 1
            return text(bytes[start..<place - 1])
        }
        var units = Array(bytes[start..<place])
        while true {
            guard place < bytes.count else { throw failure("the text ends here") }
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return text(units[...]) }
            guard byte == UInt8(ascii: "\\") else {
                units.append(byte)
                continue
            }
            guard place < bytes.count else { throw failure("the text ends here") }
            let sign = bytes[place]
            place += 1
            switch sign {
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "u"): units += Array(String(try escapedScalar()).utf8)
            default: units.append(sign)
            }
        }
    }

    /// Of a source its own text; of a request what has been put in place of it too.
    private func text(_ units: some Collection<UInt8>) -> String {
        let text = String(decoding: units, as: UTF8.self)
        return wantsLeaves ? text : Marked.cleaned(text)
    }

    /// After `\u`. A half of a pair that stands alone becomes U+FFFD.
    private mutating func escapedScalar() throws(Failure) -> Character {
        let first = try fourDigits()
        if (0xD800..<0xDC00).contains(first), place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"),
            bytes[place + 1] == UInt8(ascii: "u")
        {
            let before = place
            place += 2
            let second = try fourDigits()
            if (0xDC00..<0xE000).contains(second) {
                let code = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
                return Character(Unicode.Scalar(code) ?? "\u{FFFD}")
            }
            place = before
        }
        return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
    }

    private mutating func fourDigits() throws(Failure) -> UInt32 {
        guard place + 4 <= bytes.count else {
            place = bytes.count
            throw failure("the text ends here")
        }
        guard let code = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16) else {
            throw failure("\\u takes four hexadecimal digits")
        }
        place += 4
        return code
    }
}
