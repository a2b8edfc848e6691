/// Which nodes have stopped answering. A swarm itself gives a node up after 12 s only.
package struct NodeSilence: Sendable, Equatable {
    /// Of looks, one a second. A single one that fails may be a lost packet.
    package static let enough = 3

    private var answered: Set<String> = []
    private var silent: [String: Int] = [:]

    package init() {}

    /// - Parameters:
    ///   - node: its id.
    ///   - answers: whether it did just now. One that never did cannot be watched from here.
    /// - Returns: whether it counts as lost from now on.
    package mutating func look(_ node: String, answers: Bool) -> Bool {
        if answers {
            answered.insert(node)
            silent[node] = 0
            return false
        }
        guard answered.contains(node) else { return false }
        silent[node, default: 0] += 1
        return silent[node] == Self.enough
    }
}
