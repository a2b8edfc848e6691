package import Model

/// The faults that are in force on one part, at most one of each kind.
package struct Interference: Sendable, Equatable {
    package struct Delay: Sendable, Equatable {
        /// Nanoseconds.
        package var from: UInt64
        package var to: UInt64

        package init(from: UInt64, to: UInt64) {
            self.from = from
            self.to = to
        }
    }

    package var delay: Delay?
    package var bytesPerSecond: Int?
    package var isCut = false

    package init() {}

    /// Bytes pass at once.
    package var isNone: Bool { self == Interference() }

    /// - Throws: `Problem` (usage) when the action is none of a proxy's, or its figures make no sense.
    package mutating func begin(_ action: FaultAction) throws {
        switch action {
        case .slow(let from, let to):
            guard from >= 0, from <= to, to <= Self.longestDelay else {
                throw Problem(
                    .usage, "a delay lies between 0 and \(Int(Self.longestDelay)) s, and begins before it ends")
            }
            delay = Delay(from: UInt64(from * 1e9), to: UInt64(to * 1e9))
        case .bandwidth(let bytes):
            guard bytes > 0 else { throw Problem(.usage, "a bandwidth is 1 byte per second or more") }
            bytesPerSecond = bytes
        case .cut: isCut = true
        case .kill, .start, .pause, .throttle, .hold: throw Self.notOurs
        }
    }

    package mutating func end(_ action: FaultAction) throws {
        switch action {
        case .slow: delay = nil
        case .bandwidth: bytesPerSecond = nil
        case .cut: isCut = false
        case .kill, .start, .pause, .throttle, .hold: throw Self.notOurs
        }
    }

    private static let longestDelay: Seconds = 3600
    private static let notOurs = Problem(.usage, "a proxy makes slow, cut and bandwidth only")
}
