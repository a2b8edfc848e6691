import Foundation
import Subprocess

/// The Docker Engine that `./storelab test` started for the tests (`Tests/Engine/engine`).
enum Engine {
    private static let given = ProcessInfo.processInfo.environment

    static var isPresent: Bool { given["STORELAB_TEST_DOCKER_HOST"]?.isEmpty == false }

    /// Why tests on containers are skipped.
    static var absence: String {
        given["STORELAB_TEST_NO_ENGINE"]
            ?? "no engine was started for the tests; ./storelab test does, as root on Debian"
    }

    /// Variables that lead Docker's command line to it; without one, to nowhere, so that tests on local processes do not
    /// meet an engine of this machine.
    static var environment: [String: String] {
        guard isPresent else { return nowhere }
        return [
            "DOCKER_HOST": given["STORELAB_TEST_DOCKER_HOST"] ?? "",
            "DOCKER_CONFIG": given["STORELAB_TEST_DOCKER_CONFIG"] ?? "",
        ]
    }

    static let nowhere = ["DOCKER_HOST": "unix:///nonexistent/docker.sock"]

    /// What `docker` answers.
    @discardableResult
    static func docker(_ arguments: String...) async throws -> String {
        let added = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let result = try await Subprocess.run(
            .name("docker"), arguments: Arguments(arguments),
            environment: .inherit.updating(Dictionary(added) { first, _ in first }), output: .string(limit: 1 << 20),
            error: .discarded)
        return result.standardOutput
    }

    /// Containers, networks and volumes that there are.
    static func inventory() async throws -> [String] {
        let containers = try await docker("ps", "--all", "--format", "container {{.ID}} {{.Names}}")
        let networks = try await docker("network", "ls", "--format", "network {{.ID}} {{.Name}}")
        let volumes = try await docker("volume", "ls", "--format", "volume {{.Name}}")
        return (containers + networks + volumes).split(separator: "\n").map(String.init).sorted()
    }
}
