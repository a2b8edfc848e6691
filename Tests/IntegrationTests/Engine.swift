import Foundation
import Subprocess
import TestSupport
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

    /// What the engine itself says of a container. Tests that look again and again ask it so: `docker` takes as much CPU each
    /// time as a store needs to answer a hundred requests.
    static func state(of container: String) async throws -> ContainerState {
        let path = try #require(environment["DOCKER_HOST"]?.wholeMatch(of: /unix:\/\/(.*)/)).1
        let answer = try await onThread { try ask("/containers/\(container)/json", at: String(path)) }
        return try JSONDecoder().decode(ContainerState.self, from: answer)
    }

    struct ContainerState: Decodable, Sendable {
        private struct Status: Decodable {
            private enum CodingKeys: String, CodingKey { case name = "Status" }

            var name: String
        }

        private struct Limits: Decodable {
            private enum CodingKeys: String, CodingKey {
                case quota = "CpuQuota"
                case period = "CpuPeriod"
            }

            var quota: Int
            var period: Int
        }

        private enum CodingKeys: String, CodingKey {
            case state = "State"
            case limits = "HostConfig"
        }

        let status: String
        /// `quota period` in microseconds.
        let quota: String

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            status = try fields.decode(Status.self, forKey: .state).name
            let limits = try fields.decode(Limits.self, forKey: .limits)
            quota = "\(limits.quota) \(limits.period)"
        }
    }

    /// The body of an answer, by HTTP/1.0, so that it ends where the connection does.
    private static func ask(_ target: String, at path: String) throws -> Data {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let request = Array("GET \(target) HTTP/1.0\r\n\r\n".utf8)
        guard connected == 0, send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw TestFailure("the engine is not reached at \(path)")
        }
        var answer = Data()
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &part, part.count, 0)
            guard count > 0 else { break }
            answer += part[..<count]
        }
        guard let end = answer.firstRange(of: Data("\r\n\r\n".utf8)) else {
            throw TestFailure("the engine does not answer \(target)")
        }
        return answer[end.upperBound...]
    }

    /// Containers, networks and volumes that there are.
    static func inventory() async throws -> [String] {
        let containers = try await docker("ps", "--all", "--format", "container {{.ID}} {{.Names}}")
        let networks = try await docker("network", "ls", "--format", "network {{.ID}} {{.Name}}")
        let volumes = try await docker("volume", "ls", "--format", "volume {{.Name}}")
        return (containers + networks + volumes).split(separator: "\n").map(String.init).sorted()
    }
}

/// The tests that are on the engine. What one leaves there is seen as soon as nobody is on it: tests run side by side, and
/// whose a volume without a name is, nothing says.
private actor Visits {
    private let turns = Turns()
    private var names: [String] = []
    private var present = 0
    private var before: [String] = []

    func begin(_ name: String) async throws {
        await turns.take()
        do {
            if present == 0 { (before, names) = (try await Engine.inventory(), []) }
        } catch {
            await turns.give()
            throw error
        }
        names.append(name)
        present += 1
        await turns.give()
    }

    func end() async {
        await turns.take()
        present -= 1
        if present == 0 {
            let after = (try? await Engine.inventory()) ?? ["the engine does not answer"]
            #expect(after == before, "one of these left it: \(names.joined(separator: ", "))")
        }
        await turns.give()
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
    private static let visits = Visits()
    /// That of the test which asks.
    @TaskLocal private static var current: Laboratory?

    /// A place whose program meets the engine, beside those of other tests; afterwards nothing is there that was not there
    /// before.
    static func onEngine(_ body: (Laboratory) async throws -> Void) async throws {
        try await visits.begin(Test.current?.name ?? "")
        let result: Result<Void, any Error>
        do {
            try await with { laboratory in
                var laboratory = laboratory
                laboratory.engine = Engine.environment
                try await $current.withValue(laboratory) { try await body(laboratory) }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await visits.end()
        try result.get()
    }

    /// The container of a part of the stack that this test has on the engine, by the part's name; empty where there is none.
    /// - Parameter format: what is asked about it, as `docker ps` knows it.
    static func container(_ part: String, format: String = "{{.ID}}") async throws -> String {
        for project in try #require(current).projects() {
            let all = try await Engine.docker(
                "ps", "--all", "--format", format, "--filter", "name=^/?\(project)-\(part)")
            if let first = all.split(separator: "\n").first { return String(first) }
        }
        return ""
    }

    /// Compose projects that runs in this place have made and not removed, as their ledgers say.
    private func projects() -> [String] {
        let files = FileManager.default.enumerator(atPath: temporary)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix("ledger.jsonl") }.flatMap { file -> [String] in
            let text = (try? String(contentsOfFile: "\(temporary)/\(file)", encoding: .utf8)) ?? ""
            return text.matches(of: /"name":"(storelab-[0-9a-z]+)"/).map { String($0.1) }
        }
    }
}
