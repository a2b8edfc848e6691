import Foundation
import Subprocess
import Testing

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

    private static let turns = Turns()

    /// One test at a time has the engine, since each looks for what it leaves there.
    static func exclusively<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        await turns.take()
        let answer: Result<Answer, any Error>
        do {
            answer = .success(try await body())
        } catch {
            answer = .failure(error)
        }
        await turns.give()
        return try answer.get()
    }

    /// What `docker` answers.
    @discardableResult
    static func docker(_ arguments: String...) async throws -> String { try await docker(arguments) }

    @discardableResult
    static func docker(_ arguments: [String]) async throws -> String {
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

/// Who waits comes in the order of asking.
private actor Turns {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func give() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}

extension Laboratory {
    /// A place whose program meets the engine, with nobody else on it; afterwards nothing is there that was not there
    /// before.
    static func onEngine(_ body: (Laboratory) async throws -> Void) async throws {
        try await Engine.exclusively {
            let before = try await Engine.inventory()
            try await with { laboratory in
                var laboratory = laboratory
                laboratory.engine = Engine.environment
                try await body(laboratory)
            }
            #expect(try await Engine.inventory() == before)
        }
    }
}
