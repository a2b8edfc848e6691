import Foundation
import Model
import Subprocess
import SystemPackage

/// Docker's command line. It finds the engine as the user's own calls do: by `DOCKER_HOST`, the context, or the usual
/// socket.
package struct Docker: Sendable {
    /// Absolute path.
    let executable: String
    /// Added to the environment of each call.
    var environment: [String: String]
    /// Options of Docker itself, before the command of each call.
    var options: [String] = []

    /// Bytes of an answer at most; of a longer one, the end.
    private static let mostKept = 16 << 20

    struct Output: Sendable {
        var succeeded: Bool
        var text: String
        var errors: String
    }

    /// What decides which engine is meant; a ledger keeps it, so that `clean` asks the same one.
    static let engineVariables = [
        "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH",
    ]

    static var engineEnvironment: [String: String] {
        ProcessInfo.processInfo.environment.filter { engineVariables.contains($0.key) && !$0.value.isEmpty }
    }

    package init(executable: String, environment: [String: String]) {
        self.executable = executable
        self.environment = environment
    }

    /// - Throws: `Problem` (machine) when there is no `docker`.
    init(environment: [String: String] = [:]) throws {
        guard let found = InstalledPrograms.path(of: "docker") else {
            throw Problem(
                .machine, "Docker's command line was not found",
                nextStep: "Install Docker (https://docs.docker.com/engine/install), or use --stack local.")
        }
        executable = found
        self.environment = environment
    }

    /// Runs to the end, or at most as long as given; then it is killed.
    /// - Throws: `Problem` when the engine does not answer in time, `CancellationError` when cancelled.
    func run(_ arguments: [String], within limit: Duration = .seconds(60)) async throws -> Output {
        try await Self.run(command(arguments), within: limit)
    }

    /// A call of Docker's command line.
    package func command(_ arguments: [String]) -> Command {
        Command(executable, options + arguments, environment: environment)
    }

    static func run(_ command: Command, within limit: Duration) async throws -> Output {
        let configuration = command.configuration(endedBy: .terminate, grace: .seconds(2))
        return try await withThrowingTaskGroup(of: Output?.self) { group in
            group.addTask {
                let result = try await Subprocess.run(
                    configuration, input: .none, output: .sequence, error: .sequence
                ) { execution in
                    let (output, errors) = (execution.standardOutput, execution.standardError)
                    async let complaint = EndOfOutput.text(of: errors, limit: mostKept)
                    return (text: try await EndOfOutput.text(of: output, limit: mostKept), errors: try await complaint)
                }
                return Output(
                    succeeded: result.terminationStatus.isSuccess, text: result.closureResult.text,
                    errors: result.closureResult.errors)
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let output = first else {
                throw Problem(
                    .machine,
                    "Docker did not answer within \(limit): docker \(command.arguments.prefix(3).joined(separator: " "))",
                    nextStep: "See whether the engine is alive: docker info")
            }
            try Task.checkCancellation()
            return output
        }
    }

    /// Writes what a call says into a file, as it comes, until it ends or the task is cancelled. It fails silently.
    func write(_ arguments: [String], to file: String) async {
        let path = FilePath(file)
        let created = try? FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
        guard let created else { return }
        defer { try? created.close() }
        let configuration = command(arguments).configuration(endedBy: .terminate, grace: .milliseconds(200))
        _ = try? await Subprocess.run(
            configuration, input: .none, output: .fileDescriptor(created, closeAfterSpawningProcess: false),
            error: .combinedWithOutput)
    }

    /// Its standard output.
    /// - Throws: `Problem` that explains the failure.
    func answer(_ arguments: [String], within limit: Duration = .seconds(60)) async throws -> String {
        let output = try await run(arguments, within: limit)
        guard output.succeeded else {
            throw DockerMessage.explain(output.errors, doing: "docker \(arguments.prefix(2).joined(separator: " "))")
        }
        return output.text
    }

    /// One word per line.
    func list(_ arguments: [String], within limit: Duration = .seconds(60)) async throws -> [String] {
        try await answer(arguments, within: limit).split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
