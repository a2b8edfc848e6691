/// How Nginx spreads requests over an upstream's servers.
package enum BalancingPolicy: Sendable, Equatable {
    /// No directive: Nginx's default.
    case roundRobin
    case leastConnections
    case ipHash
    /// `random`: any server.
    case random
    /// `random two`: the better of two; the method is `least_conn` where none is written.
    case randomTwo(method: String)
    /// `hash KEY [consistent]`.
    case hash(key: String, consistent: Bool)
    /// Another directive that chooses the server, as written.
    case other(String)
}

/// The balancing policy of a configuration that was deployed, with the lines that say so.
package struct DeployedPolicy: Sendable, Equatable {
    package var policy: BalancingPolicy
    package var upstream: String
    /// As written after `server`, with weights and other parameters.
    package var servers: [String]
    /// The upstream's lines, as they stand in the file.
    package var excerpt: String
    /// Of the excerpt, from 1.
    package var lines: ClosedRange<Int>

    /// Reads the upstream that a `proxy_pass` names, or else the first.
    /// - Returns: nil when the text has no whole `upstream` block.
    package init?(nginxConfiguration text: String) {
        let directives = NginxDirective.all(in: text)
        let upstreams = directives.filter { $0.words.first == "upstream" && $0.words.count > 1 && $0.isBlock }
        let targets = directives.filter { $0.words.first == "proxy_pass" }.compactMap { $0.words.dropFirst().first }
        let named = upstreams.first { upstream in targets.contains { Self.host(of: $0) == upstream.words[1] } }
        guard let upstream = named ?? upstreams.first, let end = upstream.lastLine else { return nil }
        self.upstream = upstream.words[1]
        lines = upstream.line...end
        let inside = directives.filter { $0.parent == upstream.index }
        servers = inside.filter { $0.words.first == "server" }.map { $0.words.dropFirst().joined(separator: " ") }
        policy = inside.lazy.compactMap { Self.policy(of: $0.words) }.first ?? .roundRobin
        let all = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        excerpt = all[(upstream.line - 1)..<min(end, all.count)].joined(separator: "\n")
    }

    private static func host(of target: String) -> String {
        var rest = Substring(target)
        for scheme in ["http://", "https://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        return String(rest.prefix { $0 != "/" && $0 != ":" })
    }

    private static func policy(of words: [String]) -> BalancingPolicy? {
        switch words.first {
        case "least_conn": .leastConnections
        case "ip_hash": .ipHash
        case "random":
            words.count > 1 && words[1] == "two"
                ? .randomTwo(method: words.count > 2 ? words[2] : "least_conn") : .random
        case "hash": .hash(key: words.count > 1 ? words[1] : "", consistent: words.dropFirst(2).contains("consistent"))
        case "least_time", "queue", "sticky", "fair", "include": .other(words.joined(separator: " "))
        default: nil
        }
    }
}

/// A directive of an Nginx configuration: `words… ;` or `words… { … }`.
struct NginxDirective {
    var index: Int
    var words: [String]
    /// From 1.
    var line: Int
    var isBlock: Bool
    /// The line of a block's closing brace; nil when it is not closed.
    var lastLine: Int?
    /// Index of the block around it.
    var parent: Int?

    /// All directives in the order of the file. Comments are left out; quotes hold words together.
    static func all(in text: String) -> [NginxDirective] {
        var scanner = Scanner()
        for character in text { scanner.take(character) }
        return scanner.directives
    }

    private struct Scanner {
        var directives: [NginxDirective] = []
        private var open: [Int] = []
        private var words: [String] = []
        private var word = ""
        private var quote: Character?
        private var escaped = false
        private var inComment = false
        private var line = 1
        private var firstLine = 1

        mutating func take(_ character: Character) {
            defer { if character.isNewline { line += 1 } }
            if inComment {
                inComment = !character.isNewline
            } else if escaped {
                word.append(character)
                escaped = false
            } else if character == "\\" {
                begin()
                escaped = true
            } else if let quote {
                if character == quote { self.quote = nil } else { word.append(character) }
            } else {
                takePlain(character)
            }
        }

        private mutating func takePlain(_ character: Character) {
            switch character {
            case "\"", "'":
                begin()
                quote = character
            case "#" where word.isEmpty: inComment = true
            case ";":
                endWord()
                endDirective(isBlock: false)
            case "{":
                endWord()
                endDirective(isBlock: true)
            case "}":
                endWord()
                words = []
                if let block = open.popLast() { directives[block].lastLine = line }
            case _ where character.isWhitespace: endWord()
            default:
                begin()
                word.append(character)
            }
        }

        private mutating func begin() {
            if words.isEmpty && word.isEmpty { firstLine = line }
        }

        private mutating func endWord() {
            if !word.isEmpty { words.append(word) }
            word = ""
        }

        private mutating func endDirective(isBlock: Bool) {
            let index = directives.count
            directives.append(
                NginxDirective(
                    index: index, words: words, line: words.isEmpty ? line : firstLine, isBlock: isBlock, lastLine: nil,
                    parent: open.last))
            words = []
            if isBlock { open.append(index) }
        }
    }
}
