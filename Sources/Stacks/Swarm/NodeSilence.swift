/// Which nodes have stopped answering. A swarm itself gives a node up after 12 s only.
package struct NodeSilence: Sendable, Equatable {
    /// Of looks, one a second. A single one that fails may be a lost packet.
    package static let enough = 3

    private var answered: Set<String> = []
    private var silent: [String: Int] = [:]

    package init() {}

    /// - Parameter answers: whether each node answered just now, by its id. Where none does, this machine may be what is cut
    ///   off, or have no descriptor left, so nothing is concluded. A node that never answered cannot be watched from here.
    /// - Returns: those that count as lost from now on.
    package mutating func look(_ answers: [String: Bool]) -> [String] {
        guard answers.values.contains(true) else { return [] }
        var lost: [String] = []
        for (node, answers) in answers {
            if answers {
                answered.insert(node)
                silent[node] = 0
            } else if answered.contains(node) {
                silent[node, default: 0] += 1
                if silent[node] == Self.enough { lost.append(node) }
            }
        }
        return lost.sorted()
    }
}
