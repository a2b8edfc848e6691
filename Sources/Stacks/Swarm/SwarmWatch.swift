import Foundation
import Model
import Synchronization

/// Learns from the manager when a part of a stack comes to its end, or its node is given up: it is asked once a second.
final class SwarmWatch: Sendable {
    private let cluster: SwarmCluster
    private let followed = Mutex<[SwarmTask]>([])
    private let dead = Mutex<[EndedPart]>([])
    private let seen = Mutex<[ContainerEvent]>([])

    init(cluster: SwarmCluster) { self.cluster = cluster }

    func follow(_ tasks: [SwarmTask]) { followed.withLock { $0 = tasks } }

    /// The death of this part is a fault of the definition.
    func expectDeath(of part: String) { followed.withLock { $0.removeAll { $0.part == part } } }

    var endedParts: [EndedPart] { dead.withLock { $0 } }
    /// What became of parts by itself, in the order in which it was noticed.
    var events: [ContainerEvent] { seen.withLock { $0 } }

    /// Goes on until the task is cancelled.
    func run() async {
        async let nodes: Void = watchNodes()
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let ids = followed.withLock { $0.map(\.id) }
            guard !ids.isEmpty, let tasks = try? await SwarmTask.inspect(ids, cluster.docker) else { continue }
            for task in tasks {
                guard let ending = task.ending(on: cluster.name(of: task.node)), forget(task) else { continue }
                await lose(task, ending)
            }
        }
        await nodes
    }

    /// Every node of a swarm listens for the others at this port.
    private static let gossip = 7946

    private func watchNodes() async {
        var silence = NodeSilence()
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let tasks = followed.withLock { $0 }
            var answers: [String: Bool] = [:]
            for node in cluster.nodes where tasks.contains(where: { $0.node == node.id }) {
                answers[node.id] = await Probe.anything.succeeds(host: node.address, port: Self.gossip)
            }
            for node in silence.look(answers) {
                let name = cluster.name(of: node)
                for task in tasks where task.node == node && forget(task) {
                    note(
                        task, "the node \(name) does not answer any more, and with it \(task.part) is lost",
                        age: NodeSilence.enough)
                }
            }
        }
    }

    /// - Returns: whether it was followed until now.
    private func forget(_ task: SwarmTask) -> Bool {
        followed.withLock { followed in
            let count = followed.count
            followed.removeAll { $0.id == task.id }
            return followed.count < count
        }
    }

    private func lose(_ task: SwarmTask, _ ending: String) async {
        let log = await cluster.lastLogLines(of: task, within: .seconds(5))
        guard !Task.isCancelled else { return }
        note(task, ending + (log.isEmpty ? "" : "; its last log lines:\n\(log)"))
    }

    /// - Parameter age: seconds since it was lost.
    private func note(_ task: SwarmTask, _ story: String, age: Int = 0) {
        let time = Date().timeIntervalSince1970 - Double(age)
        if task.part != SwarmPlan.tools {
            seen.withLock { $0.append(ContainerEvent(component: task.part, sign: .ended, time: time)) }
        }
        dead.withLock { $0.append(EndedPart(component: task.part, story: story, age: age)) }
    }
}
