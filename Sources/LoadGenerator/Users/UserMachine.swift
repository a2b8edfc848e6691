/// One user's life, without I/O: events go in, and the action that the caller must perform comes out.
package struct UserMachine: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        /// Thinking; with or without an open connection.
        case resting
        /// A request waits for its connection.
        case connecting
        /// A request is out, its answer is not whole.
        case awaiting
        case gone
    }

    package enum Action: Sendable, Equatable {
        case nothing
        case connect
        case send
        /// Close the connection that is open or being made.
        case close
        /// The request is over: think, then begin the next one.
        case rest(Rest)
        /// The request is over, and so is the user.
        case leave(closing: Bool)
    }

    package struct Rest: Sendable, Equatable {
        package var closing: Bool
        /// The connection failed: wait a little even without think time, so that a dead target is not hammered.
        package var backOff: Bool

        package init(closing: Bool, backOff: Bool) {
            self.closing = closing
            self.backOff = backOff
        }
    }

    package private(set) var phase = Phase.resting
    package private(set) var isConnected = false
    private var isLeaving = false
    /// The open connection has carried an answer before the request under way.
    private var isReused = false
    private var hasHeard = false
    private var isIdempotent = false
    private var hasRetried = false
    private var leftOut = 0

    package init() {}

    /// Whether a request is under way.
    package var isBusy: Bool { phase == .connecting || phase == .awaiting }

    /// The next request is due.
    package mutating func begin(idempotent: Bool) -> Action {
        guard phase == .resting else { return .nothing }
        isIdempotent = idempotent
        (hasRetried, leftOut) = (false, 0)
        return attempt()
    }

    private mutating func attempt() -> Action {
        hasHeard = false
        isReused = isConnected
        phase = isConnected ? .awaiting : .connecting
        return isConnected ? .send : .connect
    }

    /// The connection stands.
    package mutating func connected() -> Action {
        guard phase == .connecting else { return .close }
        isConnected = true
        phase = .awaiting
        return .send
    }

    /// The connection could not be made.
    package mutating func connectFailed() -> Action {
        guard phase == .connecting else { return .nothing }
        return over(closing: false, backOff: true)
    }

    /// Bytes of the answer came.
    package mutating func heard() { hasHeard = true }

    /// The answer is whole.
    package mutating func answered(keepsAlive: Bool) -> Action {
        guard phase == .awaiting else { return .nothing }
        return over(closing: !keepsAlive, backOff: false)
    }

    /// The answer is whole, and asks for another request as a part of this one.
    /// - Parameter keepsAlive: false after the connection was closed for it.
    package mutating func redirected(keepsAlive: Bool, idempotent: Bool) -> Action {
        guard phase == .awaiting else { return .nothing }
        isIdempotent = idempotent
        (hasRetried, leftOut) = (false, 0)
        isConnected = isConnected && keepsAlive
        return attempt()
    }

    /// The bytes that came are no answer.
    package mutating func malformed() -> Action {
        guard phase == .awaiting else { return .nothing }
        return over(closing: true, backOff: false)
    }

    /// The time allowed for the answer is over.
    package mutating func expired() -> Action {
        guard isBusy else { return .nothing }
        return over(closing: true, backOff: false)
    }

    /// The peer closed or reset the connection. `connect` means that the request is to be sent again, once: it met a
    /// kept-alive connection that was closing just then (RFC 9110, section 9.2.2).
    /// - Parameter unseen: nobody can have seen the request, so that it may be sent again whatever it does.
    package mutating func closed(unseen: Bool = false) -> Action {
        isConnected = false
        guard phase == .awaiting else { return .nothing }
        if isReused, !hasHeard, !hasRetried, isIdempotent || unseen {
            hasRetried = true
            return attempt()
        }
        return over(closing: false, backOff: true)
    }

    /// How often a request may be left out by connections that end.
    package static let mostLeftOut = 10

    /// The peer has not looked at the request, and says so. `connect` means that it is to be sent again. One that many share
    /// may end before their requests come to it, several times over.
    package mutating func unprocessed() -> Action {
        isConnected = false
        guard phase == .awaiting else { return .nothing }
        leftOut += 1
        if leftOut < Self.mostLeftOut { return attempt() }
        return over(closing: false, backOff: true)
    }

    /// The user is to go: at once when it rests, else after the request under way.
    package mutating func leave() -> Action {
        guard phase != .gone else { return .nothing }
        isLeaving = true
        guard phase == .resting else { return .nothing }
        phase = .gone
        let closing = isConnected
        isConnected = false
        return .leave(closing: closing)
    }

    private mutating func over(closing: Bool, backOff: Bool) -> Action {
        // While connecting there is a connection to give up, though none stands.
        let drops = closing || (isLeaving && isConnected)
        if drops { isConnected = false }
        if isLeaving {
            phase = .gone
            return .leave(closing: drops)
        }
        phase = .resting
        return .rest(Rest(closing: drops, backOff: backOff))
    }
}
