import Foundation
package import Model

/// The folder outside the checkout in which a run's programs live: databases, sockets, configuration. It is removed at the end.
package final class Workspace: Sendable {
    package let path: String
    package let ledger: Ledger

    /// Bytes that must be free before databases are made; a full disk makes a database wait rather than fail.
    static let neededSpace = 1 << 30

    /// Makes the workspace of a run.
    /// - Throws: `Problem` when it cannot be made or there is too little space.
    package init(run: String) throws {
        let root = Self.root
        path = "\(root)/\(run)-\(getpid())"
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Problem(
                .machine, "cannot make \(path): \(error.localizedDescription)",
                nextStep: "Set TMPDIR to a folder that you can write.")
        }
        guard let opened = try Ledger(workspace: path) else {
            throw Problem(.machine, "\(path) is in use by another run", nextStep: "Wait a second, then run again.")
        }
        ledger = opened
        let free = Self.freeSpace(path)
        if free < Self.neededSpace {
            remove()
            throw Problem(
                .machine,
                "only \(free >> 20) MiB are free in \(root); the databases need \(Self.neededSpace >> 20) MiB",
                nextStep: "Free some space, or set TMPDIR to a folder with more.")
        }
    }

    /// One for each user of the machine.
    static var root: String {
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        return "\(URL(fileURLWithPath: temporary).resolvingSymlinksInPath().path)/storelab-\(getuid())"
    }

    private static func freeSpace(_ path: String) -> Int {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { return .max }
        return Int(facts.f_bavail) * Int(facts.f_frsize)
    }

    /// A new folder for one service of one stack.
    package func folder(_ name: String) throws -> String {
        let folder = "\(path)/\(name)"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Problem(.machine, "cannot make \(folder): \(error.localizedDescription)")
        }
        return folder
    }

    /// Stops what is left and removes everything; nothing that others made. Where a project could not be taken down, the
    /// ledger stays for `clean`.
    package func remove() {
        Leftovers.stopProcesses(path, by: ledger.entries())
        if ledger.openProjects().isEmpty { Leftovers.removeFolder(path) }
    }
}

/// What killed runs left behind.
package enum Leftovers {
    package struct Report: Sendable {
        /// Workspaces that were removed.
        package var removed: [String] = []
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
                // Calls of Docker's command line that outlived the run would make more.
                stopProcesses(path, by: ledger.entries())
                try await removeProjects(ledger)
                removeFolder(path)
                report.removed.append(path)
            } catch {
                report.kept.append((path, error as? Problem ?? Problem(.machine, "\(error)")))
            }
        }
        return report
    }

    private static func removeProjects(_ ledger: Ledger) async throws {
        for (project, environment) in ledger.openProjects() {
            try await ComposeLeftovers(docker: Docker(environment: environment), project: project).remove()
            try ledger.record(.composeProjectRemoved(name: project))
        }
    }

    /// - Returns: how many there were.
    @discardableResult
    static func stopProcesses(_ workspace: String, by entries: [Ledger.Entry]) -> Int {
        var stopped: Set<Int32> = []
        // A program may be starting another while it is stopped, so look until none is found.
        for _ in 0..<50 {
            let pids = ProcessTable.members(of: workspace, recorded: entries)
            if pids.isEmpty { break }
            for pid in pids { kill(pid, SIGKILL) }
            stopped.formUnion(pids)
            usleep(20_000)
        }
        for case .controlGroup(let path) in entries {
            for _ in 0..<20 where rmdir(path) != 0 && errno == EBUSY { usleep(10_000) }
        }
        return stopped.count
    }

    static func removeFolder(_ workspace: String) {
        // Whoever removes it at the same time makes either stop half-way.
        for _ in 0..<50 where access(workspace, F_OK) == 0 {
            if (try? FileManager.default.removeItem(atPath: workspace)) == nil { usleep(10_000) }
        }
        rmdir(Workspace.root)
    }
}
