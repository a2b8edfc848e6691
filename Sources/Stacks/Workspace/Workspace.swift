import Foundation
import Model

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
        try Self.makeFolder(folder)
        return folder
    }

    /// - Throws: `Problem` that says what the system said.
    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Problem(.machine, "cannot make \(path): \(error.localizedDescription)")
        }
    }

    /// Stops what is left and removes everything; nothing that others made. Where a project could not be taken down, the
    /// ledger stays for `clean`.
    package func remove() {
        ledger.stopProcesses()
        if Ledger.openNames(in: ledger.entries()).isEmpty { Self.removeFolder(path) }
    }

    static func removeFolder(_ workspace: String) {
        // Whoever removes it at the same time makes either stop half-way.
        for _ in 0..<50 where access(workspace, F_OK) == 0 {
            if (try? FileManager.default.removeItem(atPath: workspace)) == nil { usleep(10_000) }
        }
        rmdir(root)
    }
}
