import Foundation
package import Model
import Subprocess
import Synchronization
import SystemPackage

/// A service to start: its command, and the files that it reads. A value, so that a test sees both without a process.
package struct ServiceDefinition: Sendable, Equatable {
    /// The component's name, for example `store-1`.
    package var name: String
    /// Its folder lies inside the workspace.
    package var command: Command
    /// Configuration to write into the folder before the service is started.
    package var files: [DeployedFile]
    package var log: String
    /// How long it may take to end by itself; nil where its data is thrown away, so that it is killed at once.
    package var grace: Duration?
    package var cpuGroup: CPUGroup?

    package init(
        name: String, command: Command, files: [DeployedFile] = [], log: String, grace: Duration? = nil,
        cpuGroup: CPUGroup? = nil
    ) {
        self.name = name
        self.command = command
        self.files = files
        self.log = log
        self.grace = grace
        self.cpuGroup = cpuGroup
    }

    /// Makes its folder and writes its files.
    /// - Throws: `Problem` when they cannot be written.
    func prepare() throws {
        guard let folder = command.folder else { return }
        try Workspace.makeFolder(folder)
        for file in files { try file.write(into: folder) }
    }

    /// Ended as a group.
    var configuration: Configuration {
        command.configuration(endedBy: grace == nil ? .kill : .terminate, grace: grace ?? .seconds(1))
    }
}

/// A running service: its process, and how it ended once it has.
package final class Service: Sendable {
    enum State: Sendable, Equatable {
        case starting
        case running(pid: Int32)
        case ended(String)
    }

    let definition: ServiceDefinition
    private let current = Mutex(State.starting)
    private let endsByFault = Mutex(false)
    /// Its standard input; nil for none. It is closed here once the process has it.
    private let input: CInt?

    init(_ definition: ServiceDefinition, input: CInt? = nil) {
        self.definition = definition
        self.input = input
    }

    var state: State { current.withLock { $0 } }

    package var pid: Int32? {
        guard case .running(let pid) = state else { return nil }
        return pid
    }

    /// How it ended; nil while it runs.
    var ending: String? {
        guard case .ended(let how) = state else { return nil }
        return how
    }

    /// How it ended although nobody asked for that; nil while it runs, and after a fault of the definition.
    var loss: String? { endsByFault.withLock { $0 } ? nil : ending }

    /// Kills its whole process group, and waits until that is gone.
    /// - Throws: `Problem` when it does not run, or does not end.
    func killByFault() async throws {
        guard let pid else { throw Problem(.measurement, "\(definition.name) does not run") }
        endsByFault.withLock { $0 = true }
        kill(-pid, SIGKILL)
        let deadline = ContinuousClock.now + .seconds(5)
        while ending == nil {
            guard ContinuousClock.now < deadline else {
                throw Problem(.measurement, "\(definition.name) does not end although it was killed")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Before it is run another time.
    func reset() {
        current.withLock { $0 = .starting }
        endsByFault.withLock { $0 = false }
    }

    /// Runs until the process ends or the task is cancelled; then the whole process group is gone.
    func run() async {
        do {
            let log = try FileDescriptor.open(
                FilePath(definition.log), .writeOnly, options: [.append, .create, .closeOnExec],
                permissions: .ownerReadWrite)
            defer { try? log.close() }
            if let input {
                let given = FileDescriptor(rawValue: input)
                try await run(.fileDescriptor(given, closeAfterSpawningProcess: true), log)
            } else {
                try await run(.none, log)
            }
        } catch {
            let how = "could not be started: \(error)"
            current.withLock { $0 = .ended(how) }
        }
    }

    private func run(_ input: some InputProtocol, _ log: FileDescriptor) async throws {
        let result = try await Subprocess.run(
            definition.configuration, input: input, output: .fileDescriptor(log, closeAfterSpawningProcess: false),
            error: .combinedWithOutput
        ) { execution in
            let pid = execution.processIdentifier.value
            self.definition.cpuGroup?.add(pid)
            self.current.withLock { $0 = .running(pid: pid) }
        }
        kill(-result.processIdentifier.value, SIGKILL)
        let how = Self.describe(result.terminationStatus)
        current.withLock { $0 = .ended(how) }
    }

    private static func describe(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exited with code \(code)"
        case .signaled(let signal): "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }

    /// The end of its log, for a message.
    func lastLines(_ count: Int = 5) -> String {
        guard let file = FileHandle(forReadingAtPath: definition.log) else { return "" }
        defer { try? file.close() }
        // It may be as long as the disk is large.
        let end = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: end - min(end, 4096))
        guard let data = try? file.read(upToCount: 4096) else { return "" }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return lines.suffix(count).map { "  | " + $0.prefix(300) }.joined(separator: "\n")
    }
}
