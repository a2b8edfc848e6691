import Foundation
import Model
import Synchronization

/// Learns from the manager when a part of a stack comes to its end, or its node is given up: it is asked once a second.
final class SwarmWatch: Sendable {
    private let cluster: SwarmCluster
    private let followed = Mutex<[SwarmTask]>([])
    private let dead = Mutex<[Casualty]>([])
    private let seen = Mutex<[ContainerEvent]>([])

    init(cluster: SwarmCluster) { self.cluster = cluster }

    func follow(_ tasks: [SwarmTask]) { followed.withLock { $0 = tasks } }

    var casualties: [Casualty] { dead.withLock { $0 } }
    /// What became of parts by itself, in the order in which it was noticed.
    var events: [ContainerEvent] { seen.withLock { $0 } }

    /// Goes on until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let ids = followed.withLock { $0.map(\.id) }
            guard !ids.isEmpty, let tasks = try? await SwarmTask.inspect(ids, cluster.docker) else { continue }
            for task in tasks {
                guard let ending = task.ending(on: cluster.name(of: task.node)) else { continue }
                followed.withLock { $0.removeAll { $0.id == task.id } }
                await lose(task, ending)
            }
        }
    }

    private func lose(_ task: SwarmTask, _ ending: String) async {
        var log = ""
        if let engine = cluster.engines.engine(of: task.node), let id = task.status.container?.id,
            let output = try? await engine.run(["logs", "--tail", "5", id], within: .seconds(5)), output.succeeded
        {
            log = DockerTrouble.lastLines(output.text + output.errors, 5)
        }
        guard !Task.isCancelled else { return }
        let event = ContainerEvent(component: task.part, sign: .ended, time: Date().timeIntervalSince1970)
        if task.part != SwarmPlan.tools { seen.withLock { $0.append(event) } }
        let story = ending + (log.isEmpty ? "" : "; its last log lines:\n\(log)")
        dead.withLock { $0.append(Casualty(component: task.part, story: story)) }
    }
}
