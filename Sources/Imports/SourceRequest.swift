import Foundation
import Model

/// One request as a source has it. Its texts may have placeholders (`Marked`).
struct SourceRequest {
    /// Where it stands in the source: `entry 12`, `line 3`, `GET /pets`.
    var place: String
    /// For the task's name; nil: made of method and path.
    var name: String?
    var group: String?
    var method: String
    /// `http://shop.example:8080`, without a slash at its end.
    var origin: String
    /// Path and query, as they are sent.
    var target: String
    var headers: [Field] = []
    var body: Body?
    /// As `expect: status:` has it; nil for 200.
    var status: String?
    var allowsErrorKeys = false
    var follow: Int?
    var takes: [TakenValue] = []
    /// What a person should know of it, for comments.
    var notes: [String] = []
    /// Of a recording; nil where the source has no answers.
    var recorded: Recorded?

    struct Field: Equatable {
        var name: String
        var value: String
    }

    enum Body: Equatable {
        case text(String)
        case bytes([UInt8])
        case form([Field])
        case multipart([Part])
    }

    struct Part: Equatable {
        var name: String
        var value: String
        /// For a part that is a file.
        var file: (bytes: [UInt8], name: String, type: String?)?

        static func == (one: Part, other: Part) -> Bool {
            one.name == other.name && one.value == other.value && one.file?.bytes == other.file?.bytes
                && one.file?.name == other.file?.name && one.file?.type == other.file?.type
        }
    }

    /// When a request was sent and what came back.
    struct Recorded {
        /// Seconds since any moment.
        var began: Double
        var ended: Double
        var status: Int
        var headers: [Field]
        /// Empty for what is no text.
        var text: String
    }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// A value that a task takes, and how `take:` says it.
struct TakenValue: Equatable {
    var name: String
    var source: Source

    enum Source: Equatable {
        case path(String)
        case header(String)
        case cookie(String)
        case pattern(String)
        case element(css: String, attribute: String)
    }
}

/// What a source asks for that becomes no task.
package struct LeftOut: Sendable, Equatable {
    /// `GET /app.js (entry 7)`; without a query, which may hold secrets.
    package var request: String
    /// `static file`, to be counted with others of the same.
    package var reason: String

    package init(request: String, reason: String) {
        self.request = request
        self.reason = reason
    }
}

/// What a reader finds in a source.
struct Found {
    var requests: [SourceRequest] = []
    var leftOut: [LeftOut] = []
    /// Requests whose order matters.
    var isRecording = false
    /// `trust: any`.
    var trustsAny = false
    var title: String?
    /// For the head of the file.
    var notes: [String] = []

    mutating func leave(_ request: String, _ reason: String) {
        leftOut.append(LeftOut(request: request, reason: reason))
    }
}

/// An address, cut where a load needs it.
struct SourceURL {
    var origin: String
    /// What stands before the `@`.
    var user: String?
    var target: String

    /// - Returns: nil for what is no address of HTTP.
    init?(_ text: String) {
        guard let colon = text.range(of: "://") else { return nil }
        let scheme = text[..<colon.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[colon.upperBound...].prefix { $0 != "#" }
        let end = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
        var host = rest[..<end]
        if let at = host.lastIndex(of: "@") {
            user = String(host[..<at])
            host = host[host.index(after: at)...]
        }
        guard !host.isEmpty, !Marked.hasPlaceholder(String(host)), !host.contains(where: \.isWhitespace) else {
            return nil
        }
        var name = host.lowercased()
        let usual = scheme == "http" ? ":80" : ":443"
        if name.hasSuffix(usual) { name.removeLast(usual.count) }
        if let port = name.split(separator: ":").last, name.contains(":"), !name.hasSuffix("]") {
            guard let number = Int(port), (1...65_535).contains(number) else { return nil }
        }
        origin = "\(scheme)://\(name)"
        target = Self.target(String(rest[end...]))
    }

    /// What a request line cannot hold is encoded; what is encoded already stays so.
    static func target(_ text: String) -> String {
        let whole = text.hasPrefix("/") ? text : "/" + text
        return Marked.mapped(whole) { text in
            text.utf8.map { byte in
                byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "#")
                    ? String(Character(Unicode.Scalar(byte))) : Percent.encoded(byte)
            }.joined()
        }
    }

    static func path(of target: String) -> String { String(target.prefix { $0 != "?" }) }
}

/// Percent-encoding (RFC 3986, section 2.1).
enum Percent {
    static func encoded(_ byte: UInt8) -> String {
        "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 0xF, radix: 16, uppercase: true)
    }

    /// All but the unreserved characters, and placeholders.
    static func encoded(_ text: String) -> String {
        Marked.mapped(text) { text in
            text.utf8.map { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: String(Character(Unicode.Scalar(byte)))
                case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                    String(Character(Unicode.Scalar(byte)))
                default: encoded(byte)
                }
            }.joined()
        }
    }

    /// - Returns: nil where the bytes are no text.
    static func decoded(_ text: String, plusIsBlank: Bool = false) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return text }
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[place + 1...place + 2], as: UTF8.self), radix: 16)
            {
                output.append(byte)
                place += 3
                continue
            }
            output.append(plusIsBlank && bytes[place] == UInt8(ascii: "+") ? 0x20 : bytes[place])
            place += 1
        }
        return String(validating: output, as: UTF8.self)
    }
}

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
