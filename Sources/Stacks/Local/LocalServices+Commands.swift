import Foundation
import Model
import Subprocess

extension LocalServices {
    /// Runs a short command to its end and gives its standard output.
    /// - Throws: `Problem` with the end of what it said when it fails.
    func run(_ command: ServiceDefinition) async throws -> String {
        let result = try await Subprocess.run(
            command.configuration, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
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

    /// Makes an empty database folder.
    func installDatabase(in home: String) async throws {
        let installer = try Program.mariadbInstall.required()
        var arguments = [
            "--no-defaults", "--datadir=\(home)/data", "--auth-root-authentication-method=normal", "--skip-test-db",
            // Two installations at once would drop each other's temporary tables in a shared folder.
            "--skip-name-resolve", "--force", "--tmpdir=\(home)",
        ]
        if getuid() == 0 { arguments.append("--user=root") }
        _ = try await run(
            ServiceDefinition(
                name: "mariadb-install-db", executable: installer, arguments: arguments,
                environment: [Ledger.marker: workspace.path], folder: home, log: log("mariadb"), grace: nil))
    }

    /// Makes the tables anew and fills them, and the cache with the same.
    func loadDataset(_ databases: Databases) async throws -> DatasetFacts {
        let arguments = ["load-dataset", "--schema", templates.schema] + request.definition.dataset.storeArguments
        return try DatasetFacts(told: try await run(storeCommand(arguments, databases: databases)))
    }

    /// One group for each replica, by its number; where the system does not permit groups, the reason.
    func makeCPUGroups() -> (groups: [Int: CPUGroup], obstacle: String?) {
        guard let cores = request.definition.storeCPUs else { return ([:], nil) }
        var groups: [Int: CPUGroup] = [:]
        for number in 1...request.definition.replicas {
            do {
                groups[number] = try CPUGroup(named: groupName(number), cores: cores, ledger: workspace.ledger)
            } catch {
                return (groups, (error as? Problem)?.message ?? "\(error)")
            }
        }
        return (groups, nil)
    }

    func cpuLimit(of service: Service, group: CPUGroup?, obstacle: String?) -> CPULimit? {
        guard let cores = request.definition.storeCPUs else { return nil }
        guard let group, let pid = service.pid, group.contains(pid) else {
            return CPULimit(
                cores: cores, enforced: false, how: obstacle ?? "the process could not be put into its group")
        }
        return CPULimit(cores: cores, enforced: true, how: CPUGroup.root()?.version.rawValue ?? "cgroup")
    }

    func removeCPUGroups() {
        guard let root = CPUGroup.root()?.path, request.definition.storeCPUs != nil else { return }
        for number in 1...request.definition.replicas { rmdir("\(root)/\(groupName(number))") }
    }

    private func groupName(_ number: Int) -> String {
        "storelab-\(getuid())-\((workspace.path as NSString).lastPathComponent)-\((folder as NSString).lastPathComponent)-\(number)"
    }
}
