import Model

/// Reads a behaviour out of a request's path: `/uniform?from=1&to=100`. All times are in milliseconds.
package struct BehaviourPath {
    private let name: Substring
    private var values: [Substring: Substring] = [:]

    /// What the server can do, for people: path and meaning.
    package static let help = """
        /ok                                  at once, 200 {"ok":true}
        /fixed?ms=5                          after exactly so long
        /uniform?from=1&to=100               between two times, evenly
        /exponential?mean=20                 exponentially distributed
        /two?ms=2&other=200&share=0.01       one time, or for a share of the requests another
        /queue?rate=1000                     exactly 1000 answers/s; what is too much waits
        /queue?rate=200&law=exponential      200 answers/s in the mean, each taking a random time, one after the other
        /refuse?rate=1000&allowance=250      exactly 1000 answers/s; what is too much gets a 503 (or: &how=reset); the
                                             allowance is how far ahead of the rate requests may come
        /pause?after=5000&for=2000           no answer for 2 s, 5 s after the first request (&every=: again and again)
        /flaky?after=5000&for=5000&every=10000   503 in the windows
        /die?connections=100                 closes everything, for good, when there are more
        /reset /close /silent                no answer
        /half /half-close                    the first bytes of one, then silence, or the end
        /slow?ms=10                          byte by byte
        /endless /garbage                    header lines without end; no HTTP at all
        /status?code=500 /hidden-error       an error; 200 with {"error":…}
        /chunked /until-close /wrong-length?by=10 /informational /gzip /large?bytes=100000
        /held                                how long requests of the first four kinds were really held, from when the
                                             server had read each to when it wrote the answer
        Times are in milliseconds. &share=0.1 with any of them: so only for that share of the requests.
        HTTP/2 without TLS is spoken with clients who begin so; what only HTTP/1.1 has gets a 501 there, and so do outages.
        """

    /// - Throws: `Problem` of usage that says what is wrong with the path.
    package static func behaviour(_ path: String) throws -> Behaviour {
        let path = try BehaviourPath(path)
        let behaviour = try path.whole()
        guard path.name != "two", path.values["share"] != nil else { return behaviour }
        return .sometimes(behaviour, share: try path.number("share", in: 0...1))
    }

    private init(_ path: String) throws {
        let parts = path.split(separator: "?", maxSplits: 1)
        name = parts.first?.dropFirst() ?? ""
        for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let sides = pair.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { throw Problem(.usage, "\"\(pair)\" is no key=value") }
            values[sides[0]] = sides[1]
        }
    }

    private func whole() throws -> Behaviour {
        switch name {
        case "", "ok": return .answer(.plain)
        case "fixed": return .late(.fixed(try time("ms")))
        case "uniform": return .late(.uniform(from: try time("from"), to: try time("to")))
        case "exponential": return .late(.exponential(mean: try time("mean")))
        case "two":
            return .late(
                .twoPoint(usual: try time("ms"), other: try time("other"), share: try number("share", in: 0...1)))
        case "queue": return .capacity(rate: try rate, try queueLaw, refusal: .unavailable)
        case "refuse":
            let allowance = try time("allowance", otherwise: 250) / 1000
            return .capacity(
                rate: try rate, .refuse(allowance: allowance),
                refusal: values["how"] == "reset" ? .reset : .unavailable)
        case "pause": return .pause(try window())
        case "flaky": return .flaky(try window())
        case "die": return .die(connections: Int(try number("connections", in: 0...1e6)))
        case "reset": return .reset
        case "close": return .close
        case "silent": return .silence
        case "half": return .half(closing: false)
        case "half-close": return .half(closing: true)
        case "slow": return .slow(interval: Self.nanoseconds(try time("ms", otherwise: 10)))
        case "endless": return .endlessHeaders
        case "garbage": return .garbage
        case "held": return .held
        default: return .answer(try form())
        }
    }

    private func form() throws -> AnswerForm {
        switch name {
        case "status": return .status(Int(try number("code", in: 200...599)))
        case "hidden-error": return .hiddenError
        case "chunked": return .chunked
        case "until-close": return .untilClose
        case "wrong-length": return .wrongLength(by: Int(try number("by", in: 1...1e6)))
        case "informational": return .informational
        case "gzip": return .gzip
        case "large": return .large(bytes: Int(try number("bytes", in: 0...1e8)))
        default: throw Problem(.usage, "no behaviour is named \"\(name)\"; there are:\n\(Self.help)")
        }
    }

    private var queueLaw: Capacity.Excess {
        get throws {
            switch values["law"] {
            case nil, "constant": return .wait
            case "exponential": return .waitAtRandom
            case let other?: throw Problem(.usage, "law=\(other) of /queue is neither constant nor exponential")
            }
        }
    }

    private var rate: Double { get throws { try number("rate", in: 0.01...1e6) } }

    private func window() throws -> Window {
        Window(
            after: Self.nanoseconds(try time("after", otherwise: 0)), length: Self.nanoseconds(try time("for")),
            period: values["every"] == nil ? nil : Self.nanoseconds(try time("every")))
    }

    private func time(_ key: Substring, otherwise: Double? = nil) throws -> Double {
        if values[key] == nil, let otherwise { return otherwise }
        return try number(key, in: 0...3.6e6)
    }

    private func number(_ key: Substring, in range: ClosedRange<Double>) throws -> Double {
        guard let text = values[key] else { throw Problem(.usage, "/\(name) lacks \(key)=") }
        guard let value = Double(text), range.contains(value) else {
            throw Problem(.usage, "\(key)=\(text) is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func nanoseconds(_ milliseconds: Double) -> UInt64 { UInt64(milliseconds * 1e6) }
}
