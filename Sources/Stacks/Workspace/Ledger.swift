import Foundation
import Model
import Synchronization

/// What a run may leave behind if it is killed, written down before it is made. `clean` removes by this list alone.
package final class Ledger: Sendable {
    package enum Entry: Codable, Equatable, Sendable {
        /// A program that runs in a folder of the workspace. Both must match before it is stopped.
        case process(executable: String, folder: String)
        case controlGroup(String)
        /// A Compose project, and the variables that say on which engine.
        case composeProject(name: String, environment: [String: String])
        /// It is gone.
        case composeProjectRemoved(name: String)
        /// A stack of a swarm, and the variables that say which engines are asked: the manager's first, then other nodes'.
        case swarmStack(name: String, environments: [[String: String]])
        case swarmStackRemoved(name: String)
        /// A fault that is about to be made, and what takes it back.
        case fault(id: String, undo: FaultUndo)
        /// It was taken back, or has nothing that could be.
        case faultEnded(id: String)
    }

    static let fileName = "ledger.jsonl"
    /// Every process of a stack carries it in its environment.
    static let marker = "STORELAB_WORKSPACE"

    private let descriptor: Mutex<Int32>
    let path: String
    let workspace: String

    /// Opens the ledger and locks it for as long as this process lives.
    /// - Returns: nil when another living process holds it.
    /// - Throws: `Problem` when it cannot be opened.
    init?(workspace: String) throws {
        self.workspace = workspace
        path = workspace + "/" + Self.fileName
        let opened = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw Problem(.machine, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            close(opened)
            return nil
        }
        descriptor = Mutex(opened)
    }

    deinit { descriptor.withLock { _ = close($0) } }

    package func record(_ entry: Entry) throws {
        var line = try JSONEncoder().encode(entry)
        line.append(UInt8(ascii: "\n"))
        let written = descriptor.withLock { descriptor in
            line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        }
        guard written == line.count else {
            throw Problem(
                .machine, "cannot write \(path): \(String(cString: strerror(errno)))",
                nextStep: "Free some space in \(NSTemporaryDirectory()), or set TMPDIR to a folder with some.")
        }
    }

    /// Projects that were begun and not removed since, with the variables of their engine.
    package func openProjects() -> [(name: String, environment: [String: String])] {
        Self.openProjects(in: entries())
    }

    static func openProjects(in all: [Entry]) -> [(name: String, environment: [String: String])] {
        all.compactMap { entry in
            guard case .composeProject(let name, let environment) = entry,
                !all.contains(.composeProjectRemoved(name: name))
            else { return nil }
            return (name, environment)
        }
    }

    /// Stacks of swarms that were begun and not removed since, with the variables of their engines.
    package static func openStacks(in all: [Entry]) -> [(name: String, environments: [[String: String]])] {
        all.compactMap { entry in
            guard case .swarmStack(let name, let environments) = entry, !all.contains(.swarmStackRemoved(name: name))
            else { return nil }
            return (name, environments)
        }
    }

    /// Names of all that only an engine can remove, and has not yet.
    package static func openNames(in all: [Entry]) -> [String] {
        openProjects(in: all).map(\.name) + openStacks(in: all).map(\.name)
    }

    /// What takes back the faults that may be in force, the newest first.
    package func openFaults() -> [(id: String, undo: FaultUndo)] {
        let all = entries()
        return all.reversed().compactMap { entry in
            guard case .fault(let id, let undo) = entry, !all.contains(.faultEnded(id: id)) else { return nil }
            return (id, undo)
        }
    }

    func entries() -> [Entry] { Self.entries(of: path) }

    static func entries(of path: String) -> [Entry] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return data.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONDecoder().decode(Entry.self, from: $0) }
    }
}
