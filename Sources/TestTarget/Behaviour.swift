/// What the server does with a request. Which one it is stands in the request's path.
package enum Behaviour: Sendable, Equatable {
    case answer(AnswerForm)
    case late(LatencySource.Shape)
    /// Exactly `rate` answers per second.
    case capacity(rate: Double, Capacity.Excess, refusal: Refusal)
    /// What comes within the window is answered at its end.
    case pause(Window)
    /// What comes within the window gets a 503.
    case flaky(Window)
    /// With more than this many connections the server closes its socket and resets them all, for good.
    case die(connections: Int)
    case reset
    /// The end of the connection in the place of an answer.
    case close
    case silence
    /// The first bytes of an answer, then nothing, or the end of the connection.
    case half(closing: Bool)
    /// A whole answer in single bytes at this interval in nanoseconds.
    case slow(interval: UInt64)
    /// Header lines without end.
    case endlessHeaders
    case garbage
    /// How long answers with a known time were really held, as this server saw it.
    case held
    /// The behaviour for this share of the requests; the rest is answered at once.
    indirect case sometimes(Behaviour, share: Double)

    package enum Refusal: Sendable, Equatable {
        case unavailable, reset
    }
}

/// Whole answers of several forms.
package enum AnswerForm: Sendable, Equatable {
    /// `{"ok":true}`.
    case plain
    case status(Int)
    /// Status 200 with an error inside.
    case hiddenError
    case chunked
    /// The end of the connection is the end of the answer.
    case untilClose
    /// `Content-Length` is this much too large; the connection closes after the body.
    case wrongLength(by: Int)
    /// Some 1xx answers before the real one.
    case informational
    case gzip
    /// A JSON string of so many bytes.
    case large(bytes: Int)
}
