import Foundation
package import Model

/// What killed runs left behind.
package enum Leftovers {
    package struct Report: Sendable {
        /// Workspaces that were removed.
        package var removed: [String] = []
        /// Faults that a killed run had left in force.
        package var faults = 0
        /// Workspaces of runs that live.
        package var inUse: [String] = []
        /// Workspaces whose containers could not be removed, and why.
        package var kept: [(path: String, why: Problem)] = []
    }

    /// Removes every workspace of this user whose run is gone, with what its ledger names.
    package static func clean() async throws -> Report {
        var report = Report()
        let root = Workspace.root
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted() {
            let path = root + "/" + name
            do {
                guard let ledger = try Ledger(workspace: path) else {
                    report.inUse.append(path)
                    continue
                }
                report.faults += await takeBackFaults(ledger)
                // Calls of Docker's command line that outlived the run would make more.
                ledger.stopProcesses()
                try await removeProjects(ledger)
                Workspace.removeFolder(path)
                report.removed.append(path)
            } catch {
                report.kept.append((path, error as? Problem ?? Problem(.machine, "\(error)")))
            }
        }
        return report
    }

    /// Before anything is removed: what is stopped or paused might resist. What is gone needs nothing taken back, so a failure
    /// says nothing.
    /// - Returns: how many there were.
    private static func takeBackFaults(_ ledger: Ledger) async -> Int {
        let faults = ledger.openFaults()
        for fault in faults {
            await fault.undo.perform(in: ledger)
            try? ledger.record(.faultEnded(id: fault.id))
        }
        return faults.count
    }

    private static func removeProjects(_ ledger: Ledger) async throws {
        for (project, environment) in ledger.openProjects() {
            try await ComposeLeftovers(docker: Docker(environment: environment), project: project).remove()
            try ledger.record(.composeProjectRemoved(name: project))
        }
        for (stack, environments) in Ledger.openStacks(in: ledger.entries()) {
            let engines = try environments.map { ($0["DOCKER_HOST"] ?? "its node", try Docker(environment: $0)) }
            guard let manager = engines.first?.1 else { continue }
            try await SwarmLeftovers(manager: manager, engines: engines, project: stack).remove()
            try ledger.record(.swarmStackRemoved(name: stack))
        }
    }
}
