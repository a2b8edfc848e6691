import Foundation
import Model
import Subprocess
import Synchronization
import SystemPackage

/// A command line to run, as a value.
package struct ServiceDefinition: Sendable, Equatable {
    /// The component's name, for example `store-1`.
    var name: String
    /// Absolute path.
    var executable: String
    var arguments: [String]
    var environment: [String: String] = [:]
    /// The folder that it runs in; inside the workspace.
    var folder: String
    var log: String
    /// How long it may take to end by itself; nil where its data is thrown away, so that it is killed at once.
    var grace: Duration?
    var cpuGroup: CPUGroup?

    package init(
        name: String, executable: String, arguments: [String], environment: [String: String] = [:], folder: String,
        log: String, grace: Duration? = nil, cpuGroup: CPUGroup? = nil
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.log = log
        self.grace = grace
        self.cpuGroup = cpuGroup
    }

    /// In a session of its own, so that a Ctrl-C at the terminal reaches us alone, and ended as a group.
    var configuration: Configuration {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(
                signal: grace == nil ? .kill : .terminate, toProcessGroup: true,
                allowedDurationToNextStep: grace ?? .seconds(1))
        ]
        let added = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        return Configuration(
            executable: .path(FilePath(executable)), arguments: Arguments(arguments),
            environment: .inherit.updating(Dictionary(added) { first, _ in first }),
            workingDirectory: FilePath(folder), platformOptions: options)
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

    init(_ definition: ServiceDefinition) { self.definition = definition }

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

    /// Runs until the process ends or the task is cancelled; then the whole process group is gone.
    func run() async {
        do {
            let log = try FileDescriptor.open(
                FilePath(definition.log), .writeOnly, options: [.append, .create, .closeOnExec],
                permissions: .ownerReadWrite)
            defer { try? log.close() }
            let result = try await Subprocess.run(
                definition.configuration, input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: false),
                error: .combinedWithOutput
            ) { execution in
                let pid = execution.processIdentifier.value
                self.definition.cpuGroup?.add(pid)
                self.current.withLock { $0 = .running(pid: pid) }
            }
            kill(-result.processIdentifier.value, SIGKILL)
            let how = Self.describe(result.terminationStatus)
            current.withLock { $0 = .ended(how) }
        } catch {
            let how = "could not be started: \(error)"
            current.withLock { $0 = .ended(how) }
        }
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
