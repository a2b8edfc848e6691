import Foundation

extension Ledger {
    /// Lets every process of the workspace that stands still go on.
    func continueProcesses() {
        for pid in Self.members(of: workspace, recorded: entries()) { kill(pid, SIGCONT) }
    }

    /// Kills every process of the workspace, and removes its control groups.
    func stopProcesses() { Self.stopProcesses(of: workspace, recorded: entries()) }

    /// - Returns: how many there were.
    @discardableResult
    static func stopProcesses(of workspace: String, recorded entries: [Entry]) -> Int {
        var stopped: Set<Int32> = []
        // A program may be starting another while it is stopped, so look until none is found.
        for _ in 0..<50 {
            let pids = members(of: workspace, recorded: entries)
            // One that ends no longer says what it was, and still stands in its folder.
            if pids.isEmpty, stopped.allSatisfy({ ProcessTable.entry($0)?.isZombie ?? true }) { break }
            for pid in pids { kill(pid, SIGKILL) }
            stopped.formUnion(pids)
            usleep(20_000)
        }
        for case .controlGroup(let path) in entries {
            for _ in 0..<20 where rmdir(path) != 0 && errno == EBUSY { usleep(10_000) }
        }
        return stopped.count
    }

    /// Living processes that belong to a workspace: they carry its marker, or they are a recorded program in its
    /// recorded folder. (Some programs overwrite their environment with their title.)
    private static func members(of workspace: String, recorded: [Entry]) -> [Int32] {
        let marker = Array("\(marker)=\(workspace)\0".utf8)
        return ProcessTable.pids.filter { pid in
            guard pid != getpid(), let entry = ProcessTable.entry(pid), !entry.isZombie else { return false }
            if let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                environment.range(of: Data(marker)) != nil
            {
                return true
            }
            guard let executable = ProcessTable.link("/proc/\(pid)/exe"),
                let folder = ProcessTable.link("/proc/\(pid)/cwd")
            else { return false }
            return recorded.contains {
                guard case .process(let recordedExecutable, let recordedFolder) = $0 else { return false }
                return executable == recordedExecutable
                    && (folder == recordedFolder || folder.hasPrefix(recordedFolder + "/"))
            }
        }
    }
}
