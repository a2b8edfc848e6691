package import Model

/// Stands between the parts of a stack for a whole run, and slows, cuts or narrows the connections to one of them on demand.
package protocol FaultProxy: Sendable {
    /// The components whose connections pass it, by name.
    var parts: Set<String> { get }

    /// Makes the fault. When it returns, the fault is in force for connections that are open and for new ones. Several kinds
    /// may be in force on one part at once, one of each kind.
    /// - Parameter action: one of those that need a proxy.
    /// - Throws: `Problem` when it cannot be made; then nothing of it is in force.
    func begin(_ action: FaultAction, on part: String) async throws

    /// Takes the fault back; without effect when it is not in force.
    /// - Throws: `Problem` when it cannot.
    func end(_ action: FaultAction, on part: String) async throws
}
