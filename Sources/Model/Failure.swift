/// Why a request failed. The set is bounded, so that it can label counts.
package enum FailureKind: Sendable, Hashable {
    /// Nothing listens.
    case refused
    /// The connection was closed or reset before the answer was whole.
    case reset
    /// No whole answer within the time allowed.
    case timeout
    /// The connection could not be made for another reason, for example no route.
    case connect
    /// This machine has no local port or no descriptor left: the generator's limit, not the target's.
    case exhausted
    /// The connection could not be secured: no common protocol, or a certificate that is not trusted.
    case tls
    /// Whole, but with another status than expected.
    case status(Int)
    /// The expected status, but a check on the body failed.
    case check
    /// Not HTTP: not HTTP/1.1, or not HTTP/2 where that was asked for.
    case malformed
    /// A redirect that was not followed: to another host, or one too many.
    case redirect
    /// The server gave up this request alone, over HTTP/2 (RST_STREAM); the connection went on.
    case stream
}

extension FailureKind: RawRepresentable, Codable, CodingKeyRepresentable {
    package init?(rawValue: String) {
        switch rawValue {
        case "refused": self = .refused
        case "reset": self = .reset
        case "timeout": self = .timeout
        case "connect": self = .connect
        case "exhausted": self = .exhausted
        case "tls": self = .tls
        case "check": self = .check
        case "malformed": self = .malformed
        case "redirect": self = .redirect
        case "stream": self = .stream
        default:
            guard rawValue.hasPrefix("status "), let code = Int(rawValue.dropFirst(7)) else { return nil }
            self = .status(code)
        }
    }

    package var rawValue: String {
        switch self {
        case .refused: "refused"
        case .reset: "reset"
        case .timeout: "timeout"
        case .connect: "connect"
        case .exhausted: "exhausted"
        case .tls: "tls"
        case .check: "check"
        case .malformed: "malformed"
        case .redirect: "redirect"
        case .stream: "stream"
        case .status(let code): "status \(code)"
        }
    }
}

/// One of the first failures of its kind, kept whole enough to be understood.
package struct FailureExample: Codable, Sendable, Equatable {
    package var task: String
    package var kind: FailureKind
    /// Seconds since the load began.
    package var time: Seconds
    /// Latency until the failure.
    package var latency: Seconds
    /// What was wrong, in words: the check that failed, the system's error.
    package var detail: String
    /// Method, path and the beginning of the body.
    package var request: String
    /// The beginning of the answer; empty when there was none.
    package var response: String

    package init(
        task: String, kind: FailureKind, time: Seconds, latency: Seconds, detail: String, request: String,
        response: String
    ) {
        self.task = task
        self.kind = kind
        self.time = time
        self.latency = latency
        self.detail = detail
        self.request = request
        self.response = response
    }
}

/// The answer to one task's single request before the load.
package struct PreflightResult: Codable, Sendable, Equatable {
    package var task: String
    /// nil when the answer was as expected.
    package var failure: FailureExample?
    package var latency: Seconds

    package init(task: String, failure: FailureExample?, latency: Seconds) {
        self.task = task
        self.failure = failure
        self.latency = latency
    }
}
