package import Model

/// Makes faults in a stack that is up.
package protocol FaultInjector: Sendable {
    /// Makes the fault. It is in the ledger before it is made.
    /// - Returns: when it is in force.
    /// - Throws: `Problem` when it cannot be made; then nothing of it is left.
    func begin(_ action: FaultAction, on part: String) async throws

    /// Takes the fault back; without effect when it is not in force. `kill` and `start` have no end.
    /// - Throws: `Problem` when it cannot.
    func end(_ action: FaultAction, on part: String) async throws

    /// Takes back all that is in force, so that nothing stands in the way of the stack's end. Never throws: what cannot be
    /// taken back now stays in the ledger for `clean`.
    func endAll() async
}
