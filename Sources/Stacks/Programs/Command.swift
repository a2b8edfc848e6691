import Subprocess
import SystemPackage

/// A program to run, as a value: a test sees what would be run without running it.
package struct Command: Sendable, Equatable {
    /// Absolute path, or a name to look for in `PATH`.
    package var executable: String
    package var arguments: [String]
    /// Added to the environment of this process, which the program inherits.
    package var environment: [String: String]
    /// The folder that it runs in; nil for this process's own.
    package var folder: String?

    package init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], folder: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
    }
}

extension Command {
    /// In a session of its own, so that a Ctrl-C at the terminal reaches us alone.
    /// - Parameters:
    ///   - signal: ends its whole process group when the task is cancelled.
    ///   - grace: how long the program may then take; after that it is killed.
    func configuration(endedBy signal: Signal, grace: Duration) -> Configuration {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.send(signal: signal, toProcessGroup: true, allowedDurationToNextStep: grace)]
        let added = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        return Configuration(
            executable: executable.contains("/") ? .path(FilePath(executable)) : .name(executable),
            arguments: Arguments(arguments),
            environment: .inherit.updating(Dictionary(added) { first, _ in first }),
            workingDirectory: folder.map { FilePath($0) }, platformOptions: options)
    }

    /// Runs it until it ends or the task is cancelled, and hands over each line that it prints as it comes. It fails
    /// silently.
    func follow(_ take: @Sendable @escaping (String) async -> Void) async {
        let configuration = configuration(endedBy: .kill, grace: .milliseconds(100))
        _ = try? await Subprocess.run(configuration, input: .none, output: .sequence, error: .discarded) { execution in
            for try await line in execution.standardOutput.strings() { await take(line) }
        }
    }
}
