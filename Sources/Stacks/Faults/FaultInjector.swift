package import Model

/// Makes faults in a stack that is up.
package protocol FaultInjector: Sendable {
    /// Before any load: what takes time and would come too late at the fault's instant.
    /// - Throws: `Problem` when this stack cannot make the fault at all.
    func prepare(_ action: FaultAction, on part: String) async throws

    /// Makes the fault. It is in the ledger before it is made.
    /// - Returns: once it is in force; of `hold` how many connections it has, else nil.
    /// - Throws: `Problem` when it cannot be made; then nothing of it is left.
    @discardableResult
    func begin(_ action: FaultAction, on part: String) async throws -> Int?

    /// Takes the fault back; without effect when it is not in force. `kill` and `start` have no end.
    /// - Throws: `Problem` when it cannot.
    func end(_ action: FaultAction, on part: String) async throws

    /// Takes back all that is in force, so that nothing stands in the way of the stack's end. What cannot be taken back now
    /// stays in the ledger for `clean`.
    func endAll() async
}
