package import Model
import Synchronization

/// Agents on nodes of a swarm: whoever has the swarm starts them, and they dial in.
package final class AgentNodes: Sendable {
    /// What is known of the swarm.
    package struct Swarm: Sendable {
        /// A literal of the network in which the nodes are.
        package var address: String
        /// Starts the agent of a node, by the node's name.
        package var start: @Sendable (_ node: String, AgentInvitation) async throws -> Void
        /// Why the agent of a node will not dial in; nil while it may.
        package var obstacle: @Sendable (_ node: String) async -> Problem?
        /// Ends the agent of a node.
        package var remove: @Sendable (_ node: String) async -> Void

        package init(
            address: String, start: @escaping @Sendable (_ node: String, AgentInvitation) async throws -> Void,
            obstacle: @escaping @Sendable (_ node: String) async -> Problem?,
            remove: @escaping @Sendable (_ node: String) async -> Void
        ) {
            (self.address, self.start, self.obstacle, self.remove) = (address, start, obstacle, remove)
        }
    }

    /// A container that starts on a node takes a second; on a busy one, some.
    private static let patience = Duration.seconds(60)

    private let swarm: @Sendable () throws -> Swarm
    private let tell: @Sendable (String) -> Void
    private let door = Mutex<AgentDoor?>(nil)

    /// - Parameters:
    ///   - swarm: the one of the stack that is up.
    ///   - tell: hears of callers that were turned away.
    package init(swarm: @escaping @Sendable () throws -> Swarm, tell: @escaping @Sendable (String) -> Void) {
        (self.swarm, self.tell) = (swarm, tell)
    }

    func connect(_ node: String) async throws -> AgentConnection {
        let swarm = try swarm()
        let door = try door(towards: swarm.address)
        do {
            try await swarm.start(node, door.invitation)
            var connection = try await door.agent(node, within: Self.patience) { await swarm.obstacle(node) }
            let cut = connection.kill
            connection.kill = {
                cut()
                Task { await swarm.remove(node) }
            }
            return connection
        } catch {
            await Task { await swarm.remove(node) }.value
            throw error
        }
    }

    /// Opened when the first agent is to dial; one certificate and one token serve the whole run.
    private func door(towards address: String) throws -> AgentDoor {
        try door.withLock { door in
            if let door { return door }
            let host = AgentDoor.address(towards: address) ?? address
            let opened = try AgentDoor(host: host, tell: tell)
            door = opened
            return opened
        }
    }
}
