/// Reads YAML line by line and hides also the values that stand on the lines below their names.
struct SecretBlocks {
    private static let content: StaticString = "content"
    private static let begin = Array("-----BEGIN ".utf8)
    private static let key = Array("PRIVATE KEY-----".utf8)
    private static let end = Array("-----END ".utf8)

    private enum State {
        case plain
        /// Below a secret's name, which has this indentation, stands nothing yet.
        case awaited(Int)
        /// All that is indented more belongs to a secret.
        case hidden(Int)
        /// Until the end of a key in PEM.
        case key
    }

    private var state = State.plain
    /// The indentation of `secrets:`, below which every `content:` is one.
    private var secrets: Int?

    mutating func redacted(_ line: ArraySlice<UInt8>) -> [UInt8] {
        let body = line.drop { $0 == 32 || $0 == 9 }
        let text = Array(body.prefix((body.lastIndex { $0 > 32 } ?? body.startIndex - 1) + 1 - body.startIndex))
        let indentation = body.startIndex - line.startIndex
        if text.isEmpty { return Array(line) }
        if let depth = secrets, indentation <= depth { secrets = nil }
        switch state {
        case .key:
            if text.starts(with: Self.end) { state = .plain }
            return hidden(line, body)
        case .hidden(let depth) where indentation > depth: return hidden(line, body)
        case .awaited(let depth) where indentation > depth && !isStructure(text):
            state = .hidden(depth)
            return hidden(line, body)
        case .awaited(let depth) where indentation >= depth && isPlainItem(text): return hidden(line, body)
        case .plain, .hidden, .awaited: state = .plain
        }
        if text.starts(with: Self.begin), text.suffix(Self.key.count).elementsEqual(Self.key) {
            state = .key
            return hidden(line, body)
        }
        return scanned(line, text, indentation)
    }

    private mutating func scanned(_ line: ArraySlice<UInt8>, _ text: [UInt8], _ indentation: Int) -> [UInt8] {
        if text.elementsEqual(Array("secrets:".utf8)) {
            secrets = indentation
            return Array(line)
        }
        let scanner = SecretScanner.scanned(
            line.prefix(line.count - (line.last == 10 ? 1 : 0)), .configuration,
            alsoSecret: secrets == nil ? nil : Self.content)
        if scanner.isOpen, text.last == UInt8(ascii: ":") { state = .awaited(indentation) }
        if scanner.isOpen, Self.beginsBlock(text) {
            state = .hidden(indentation)
            return Array(line)
        }
        return scanner.output + (line.last == 10 ? [10] : [])
    }

    /// `|` or `>` with its signs, after a colon.
    private static func beginsBlock(_ text: [UInt8]) -> Bool {
        guard let colon = text.lastIndex(of: UInt8(ascii: ":")) else { return false }
        let rest = text[(colon + 1)...].drop { $0 == 32 }
        guard let first = rest.first, first == UInt8(ascii: "|") || first == UInt8(ascii: ">") else { return false }
        return rest.count <= 3
    }

    private func hidden(_ line: ArraySlice<UInt8>, _ body: ArraySlice<UInt8>) -> [UInt8] {
        line[..<body.startIndex] + SecretScanner.mask + (line.last == 10 ? [10] : [])
    }

    /// A list, or a mapping with names of its own.
    private func isStructure(_ text: [UInt8]) -> Bool {
        isItem(text) || text.last == UInt8(ascii: ":") || text.first == UInt8(ascii: "{")
            || zip(text, text.dropFirst()).contains { $0 == UInt8(ascii: ":") && $1 == 32 }
    }

    private func isItem(_ text: [UInt8]) -> Bool { text.first == UInt8(ascii: "-") && text.dropFirst().first == 32 }

    private func isPlainItem(_ text: [UInt8]) -> Bool { isItem(text) && !text.contains(UInt8(ascii: ":")) }
}
