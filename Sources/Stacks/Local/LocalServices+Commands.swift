import Foundation
import Model
import Subprocess

extension LocalServices {
    /// Runs a short command to its end and gives its standard output.
    /// - Throws: `Problem` with the end of what it said when it fails.
    func run(_ command: Command) async throws -> String {
        let result = try await Subprocess.run(
            command.configuration(endedBy: .kill, grace: .seconds(1)), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        try Task.checkCancellation()
        guard result.terminationStatus.isSuccess else {
            let words = (result.standardOutput + result.standardError).split(separator: "\n").suffix(5)
                .map { "  | " + $0.prefix(300) }.joined(separator: "\n")
            let verb = command.arguments.first.map { " \($0)" } ?? ""
            throw Problem(
                .measurement,
                "\((command.executable as NSString).lastPathComponent)\(verb) failed (\(result.terminationStatus)):\n\(words)"
            )
        }
        return result.standardOutput
    }

    func installDatabase(in home: String) async throws {
        _ = try await run(installCommand(try Program.mariadbInstall.required(), in: home))
    }

    /// Makes an empty database folder in `home`.
    package func installCommand(_ installer: String, in home: String) -> Command {
        var arguments = [
            "--no-defaults", "--datadir=\(home)/data", "--auth-root-authentication-method=normal", "--skip-test-db",
            // Two installations at once would drop each other's temporary tables in a shared folder.
            "--skip-name-resolve", "--force", "--tmpdir=\(home)",
        ]
        if getuid() == 0 { arguments.append("--user=root") }
        return Command(installer, arguments, environment: [Ledger.marker: workspace], folder: home)
    }

    /// Makes the tables anew and fills them, and the cache with the same.
    func loadDataset(_ databases: Databases) async throws -> DatasetFacts {
        let arguments = ["load-dataset", "--schema", templates.schema] + request.definition.dataset.storeArguments
        return try DatasetFacts(told: try await run(storeCommand(arguments, databases: databases)))
    }
}
