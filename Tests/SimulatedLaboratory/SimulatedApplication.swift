package import Model

/// An application in virtual time. Times are seconds since the laboratory began.
package protocol SimulatedApplication: Sendable {
    /// Takes a request.
    /// - Returns: its end where it is known already; else `end()` tells it.
    mutating func accept(_ request: Int, at time: Seconds) -> SimulatedAnswer?

    /// When the next request ends whose end `accept` did not know; infinite where there is none.
    var nextEnd: Seconds { get }

    /// Ends that request.
    mutating func end() -> Int

    /// Restarted with its first data for a step of that many users: nothing waits any more.
    mutating func restart(at time: Seconds, for users: Int)

    /// It answers no more until it is restarted by hand.
    var isDead: Bool { get }

    /// How fast its machine is, 1 in the median; nil where that is no matter.
    func machineSpeed(at time: Seconds) -> Double?
}

extension SimulatedApplication {
    package var nextEnd: Seconds { .infinity }
    package var isDead: Bool { false }
    package func machineSpeed(at time: Seconds) -> Double? { nil }
    package mutating func end() -> Int { fatalError("every end was known at the beginning") }
}

package struct SimulatedAnswer: Sendable {
    package var time: Seconds
    /// nil for a good answer.
    package var failure: FailureKind?

    package init(at time: Seconds, failure: FailureKind? = nil) {
        self.time = time
        self.failure = failure
    }
}
