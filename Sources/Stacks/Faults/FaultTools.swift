package import Model

/// What a kind of stack does to its parts.
package protocol FaultTools: Sendable {
    /// Before any load: what takes time and would come too late at the fault's instant.
    func prepare(_ action: FaultAction, on part: String) async throws

    /// What takes the fault back, should this process be gone by then.
    /// - Throws: `Problem` when it cannot be made.
    func undo(of action: FaultAction, on part: String) async throws -> FaultUndo

    /// One of `kill`, `start`, `pause` and `throttle`. Returns when it is in force.
    func make(_ action: FaultAction, on part: String) async throws

    /// One of `pause` and `throttle`.
    func takeBack(_ action: FaultAction, on part: String) async throws

    /// What opens so many connections to the part and keeps them.
    func holder(of connections: Int, on part: String) async throws -> any ConnectionHolder
}

extension FaultTools {
    func unknown(_ part: String) -> Problem { Problem(.measurement, "the stack has no part \(part)") }
}
