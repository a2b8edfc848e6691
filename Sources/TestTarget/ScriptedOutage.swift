import Model

/// A stretch of time in which the server fails requests on purpose, counted from the first request: `reset 2s at 10s`,
/// `status 503 for 2s at 10s`.
package struct ScriptedOutage: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Nothing listens, and the connections that are open are reset at its beginning.
        case refuse
        /// Every request resets its connection.
        case reset
        /// Requests are answered at its end.
        case pause
        /// Every request gets this status.
        case status(Int)
    }

    package var kind: Kind
    /// Nanoseconds.
    package var length: UInt64
    /// Nanoseconds from the first request.
    package var after: UInt64

    package init(_ kind: Kind, length: UInt64, after: UInt64) {
        self.kind = kind
        self.length = length
        self.after = after
    }

    package static let help = """
        'refuse 2s at 10s'          nothing listens for 2 s, 10 s after the first request; open connections are reset
        'reset 2s at 10s'           every request resets its connection
        'pause 2s at 10s'           requests are answered at its end
        'status 503 for 2s at 10s'  every request gets this status
        /outages tells of each outage how many requests it failed; asking it counts as no request.
        """

    /// - Throws: `Problem` of usage that says what is wrong with the text.
    package init(_ text: String) throws {
        let words = text.split(separator: " ").filter { $0 != "for" && $0 != "at" }.map(String.init)
        let wrong = Problem(.usage, "\"\(text)\" is no outage; there are:\n\(Self.help)")
        guard let name = words.first, text.contains(" at ") else { throw wrong }
        switch name {
        case "refuse": kind = .refuse
        case "reset": kind = .reset
        case "pause": kind = .pause
        case "status":
            guard words.count == 4, let code = Int(words[1]), (200...599).contains(code) else { throw wrong }
            kind = .status(code)
        default: throw wrong
        }
        guard words.count == (name == "status" ? 4 : 3), let length = Self.nanoseconds(words[words.count - 2]),
            let after = Self.nanoseconds(words[words.count - 1]), length > 0
        else { throw wrong }
        (self.length, self.after) = (length, after)
    }

    /// `2s`, `500ms`.
    private static func nanoseconds(_ text: String) -> UInt64? {
        let (digits, scale) =
            text.hasSuffix("ms") ? (text.dropLast(2), 1e6) : text.hasSuffix("s") ? (text.dropLast(), 1e9) : ("", 0)
        guard let number = Double(digits), (0...86_400_000).contains(number) else { return nil }
        return UInt64(number * scale)
    }

    /// As the user writes it.
    package var text: String {
        let times = "\(Self.written(length)) at \(Self.written(after))"
        switch kind {
        case .refuse: return "refuse \(times)"
        case .reset: return "reset \(times)"
        case .pause: return "pause \(times)"
        case .status(let code): return "status \(code) for \(times)"
        }
    }

    private static func written(_ nanoseconds: UInt64) -> String {
        nanoseconds.isMultiple(of: 1_000_000_000)
            ? "\(nanoseconds / 1_000_000_000)s" : "\(Double(nanoseconds) / 1e6)ms"
    }
}

/// What an outage did, as the server saw it.
package struct OutageCount: Sendable, Equatable {
    package var outage: ScriptedOutage
    /// When it began and ended, in nanoseconds of the monotonic clock; nil where it has not.
    package var began: UInt64?
    package var ended: UInt64?
    /// Requests that got no answer, or the status asked for. Of a pause those whose client went away before its end. Of a
    /// refusal those that were under way at its beginning: who is refused is never seen.
    package var failed = 0
    /// Beside these, requests that met their end on a connection that had answered before: a client sends them again by
    /// itself (RFC 9110, section 9.2.2), and only that attempt counts.
    package var sentAgain = 0
    /// Requests that a pause held and answered at its end.
    package var held = 0

    package init(_ outage: ScriptedOutage) { self.outage = outage }
}
