import Foundation

/// For a program that is to end at once: what it would leave behind.
extension Leftovers {
    package struct AtOnce: Sendable, Equatable {
        /// How many programs were killed.
        package var processes = 0
        /// Compose projects and stacks of swarms whose containers, networks and volumes may still be there: only their engine can remove them.
        package var projects: [String] = []
    }

    /// Compose projects and stacks of swarms that this process has begun and not removed yet.
    package static var openProjectsOfThisProcess: [String] {
        workspacesOfThisProcess.flatMap { Ledger.openNames(in: entries(of: $0)) }
    }

    /// Kills the programs that this process started, and removes its workspaces but those that `clean` needs.
    package static func endThoseOfThisProcess() -> AtOnce {
        var ended = AtOnce()
        for workspace in workspacesOfThisProcess {
            let entries = entries(of: workspace)
            ended.processes += Ledger.stopProcesses(of: workspace, recorded: entries)
            ended.projects += Ledger.openNames(in: entries)
        }
        for child in ProcessTable.pids.compactMap(ProcessTable.entry) where isOurs(child) {
            if kill(-child.pid, SIGKILL) == 0 { ended.processes += 1 }
        }
        for workspace in workspacesOfThisProcess where Ledger.openNames(in: entries(of: workspace)).isEmpty {
            Workspace.removeFolder(workspace)
        }
        return ended
    }

    /// What is started to be ended with this process leads a group of its own.
    private static func isOurs(_ entry: ProcessTable.Entry) -> Bool {
        entry.parent == getpid() && entry.group == entry.pid && !entry.isZombie
    }

    private static var workspacesOfThisProcess: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: Workspace.root)) ?? [])
            .filter { $0.hasSuffix("-\(getpid())") }.map { "\(Workspace.root)/\($0)" }
    }

    private static func entries(of workspace: String) -> [Ledger.Entry] {
        Ledger.entries(of: "\(workspace)/\(Ledger.fileName)")
    }
}
