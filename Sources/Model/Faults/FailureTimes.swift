/// When the requests of one task that failed in one second were due, and when they failed.
package struct FailureTimes: Codable, Sendable, Equatable {
    /// When the first and the last of them failed, in seconds since the load began.
    package var first: Seconds
    package var last: Seconds
    /// Of each kind, when its requests were due: microseconds since the load began, rounded down to sixteenths of a second.
    package var due: [FailureKind: Distribution]

    package init(first: Seconds, last: Seconds, due: [FailureKind: Distribution]) {
        self.first = first
        self.last = last
        self.due = due
    }
}
