package import NIOCore

/// What a connection is doing, and what is to be done about it. It performs nothing itself.
package struct ConnectionState {
    /// How long a client may take.
    package struct Times: Sendable {
        /// From the first byte of a request to the end of its header.
        package var header = TimeAmount.seconds(10)
        /// From there to the end of its body.
        package var body = TimeAmount.seconds(30)
        /// Between requests. Longer than Nginx keeps an idle connection, so that the store is not who closes.
        package var idle = TimeAmount.seconds(75)
        /// From the last answer to the end of the connection, for a client that still sends.
        package var linger = TimeAmount.seconds(2)
        /// For all of these once the store is being stopped.
        package var draining = TimeAmount.seconds(5)

        package init() {}
    }

    package enum Reading: Equatable {
        case idle, header, body
        /// Whatever comes is thrown away.
        case discarding
    }

    package enum Expiry: Equatable {
        case nothing(until: NIODeadline?)
        /// The client is told that it was too slow.
        case refuse
        case close
    }

    private let times: Times
    package private(set) var reading = Reading.idle
    private var since: NIODeadline
    /// Requests that were handed on and are not answered yet.
    package private(set) var unanswered = 0
    package private(set) var isDraining = false
    /// No further request is taken.
    package private(set) var isLast = false

    package init(_ times: Times, now: NIODeadline) {
        self.times = times
        since = now
    }

    /// Bytes came that are not yet a header.
    package mutating func receivedBytes(now: NIODeadline) {
        guard reading == .idle, !isLast else { return }
        reading = .header
        since = now
    }

    package mutating func receivedHead(isLast: Bool, now: NIODeadline) {
        reading = .body
        since = now
        unanswered += 1
        if isLast { self.isLast = true }
    }

    package mutating func receivedEnd(now: NIODeadline) {
        reading = isLast ? .discarding : .idle
        since = now
    }

    /// An answer begins.
    /// - Returns: true when it must say that the connection ends with it.
    package mutating func answerBegins() -> Bool {
        // What is left of a body is not worth a connection.
        if reading == .body || isDraining { isLast = true }
        return isLast && unanswered == 1
    }

    /// - Returns: true when the connection ends here.
    package mutating func answerEnded(now: NIODeadline) -> Bool {
        unanswered -= 1
        since = now
        return isLast && unanswered == 0
    }

    /// The rest of what comes is of no use.
    package mutating func stopReading(now: NIODeadline) {
        reading = .discarding
        isLast = true
        since = now
    }

    package mutating func drain(now: NIODeadline) {
        isDraining = true
        since = now
    }

    /// When to ask `expire`; nil where the client is not who is waited for.
    package var deadline: NIODeadline? {
        let limit: TimeAmount
        switch reading {
        case .idle where unanswered > 0: return nil
        case .idle: limit = times.idle
        case .header: limit = times.header
        case .body: limit = times.body
        case .discarding where unanswered > 0: return nil
        case .discarding: limit = times.linger
        }
        return since + (isDraining ? min(limit, times.draining) : limit)
    }

    package func expire(now: NIODeadline) -> Expiry {
        guard let deadline, deadline <= now else { return .nothing(until: self.deadline) }
        return reading == .header || reading == .body ? .refuse : .close
    }
}
