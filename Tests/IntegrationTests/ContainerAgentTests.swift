import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension OnRealServers {
    /// Agents in containers of a Docker context, which here leads to the tests' engine.
    @Suite(.serialized, .long, .enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
    struct ContainerAgentTests {
        private struct Place: Sendable {
            var laboratory: Laboratory
            /// The target's address; it is not one of 127.0.0.1.
            var base: String

            /// Docker's command line knows the engine by the context's name only.
            var environment: [String: String] {
                ["DOCKER_HOST": "unix:///nonexistent/docker.sock", "DOCKER_CONFIG": laboratory.folder + "/docker"]
            }

            func docker(_ arguments: String...) async throws -> String {
                let added = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
                let result = try await Subprocess.run(
                    .name("docker"), arguments: Arguments(arguments),
                    environment: .inherit.updating(Dictionary(added) { first, _ in first }),
                    output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
                try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
                return result.standardOutput
            }

            func requests() async throws -> Int {
                let result = try await Subprocess.run(
                    .name("curl"), arguments: ["-sf", base + "/held"], output: .string(limit: 1 << 20),
                    error: .discarded)
                let all = try JSONSerialization.jsonObject(with: Data(result.standardOutput.utf8)) as? [String: Any]
                return (all?["/fixed?ms=5"] as? [String: Any])?["requests"] as? Int ?? 0
            }
        }

        private static func with(_ body: @Sendable (Place) async throws -> Void) async throws {
            try await Laboratory.onEngine { laboratory in
                let host = try await Engine.docker(
                    "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"
                ).trimmingCharacters(in: .whitespacesAndNewlines)
                _ = try await Subprocess.run(
                    .path(FilePath(Laboratory.programs + "/storelab")), arguments: ["target", "--listen", host],
                    input: .none, output: .sequence, error: .discarded
                ) { execution in
                    defer { try? execution.send(signal: .kill) }
                    var base = ""
                    for try await line in execution.standardOutput.strings() {
                        base = line.trimmingCharacters(in: .whitespacesAndNewlines)
                        break
                    }
                    try #require(base.hasPrefix("http://\(host):"))
                    let place = Place(laboratory: laboratory, base: base)
                    try FileManager.default.createDirectory(
                        atPath: laboratory.folder + "/docker", withIntermediateDirectories: true)
                    _ = try await place.docker(
                        "context", "create", "lab1", "--docker", "host=\(Engine.environment["DOCKER_HOST"] ?? "")")
                    try await body(place)
                }
            }
        }

        private static func load(_ place: Place, _ more: String...) -> [String] {
            [
                "load", place.base + "/fixed?ms=5", "--users", "20", "--think-time", "50ms..150ms", "--allow-remote",
                "--json",
            ] + more
        }

        @Test func whatTheySendIsWhatTheTargetGets() async throws {
            try await Self.with { place in
                let prefix = place.laboratory.output + "/run"
                for round in 1...2 {
                    let before = try await place.requests()
                    let ending = try await place.laboratory.storelab(
                        Self.load(place, "--duration", "2s", "--from", "lab1,local", "--csv", prefix),
                        environment: place.environment)
                    #expect(ending.code == 0, "\(ending.errors)")
                    // Once per build.
                    if round == 2 { #expect(!ending.errors.contains("lab1: bringing this program")) }
                    let stats = try String(contentsOfFile: prefix + "_stats.csv", encoding: .utf8)
                    let all = try #require(
                        stats.split(separator: "\r\n").last?.split(separator: ",", omittingEmptySubsequences: false))
                    #expect(try await place.requests() - before - 2 == Int(all[2]))
                    let answer = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
                    let agents = try #require(answer?["agents"] as? [[String: Any]])
                    #expect(agents.map { $0["name"] as? String } == ["lab1", "local"])
                    #expect(agents.allSatisfy { $0["loss"] == nil })
                }
                try await Self.expectGone(place)
            }
        }

        /// Nobody is there to end them: they end by themselves, and their containers with them.
        @Test func theyEndWithTheirController() async throws {
            try await Self.with { place in
                let ending = try await place.laboratory.storelab(
                    Self.load(place, "--duration", "60s", "--from", "lab1"), environment: place.environment
                ) { pid in
                    for _ in 0..<3000 where try await place.requests() < 100 {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    kill(pid, SIGKILL)
                }
                #expect(ending.code == nil)
                try await Self.expectGone(place)
                let after = try await place.requests()
                #expect(after >= 100)
                try await Task.sleep(for: .milliseconds(300))
                #expect(try await place.requests() == after)
            }
        }

        @Test func aContextThatIsNoneIsNamed() async throws {
            try await Self.with { place in
                let ending = try await place.laboratory.storelab(
                    Self.load(place, "--from", "lab9"), environment: place.environment)
                #expect(ending.code == 3)
                #expect(
                    ending.errors.contains("the Docker engine of the context lab9 was not reached"), "\(ending.errors)")
                #expect(try await place.requests() == 0)
            }
        }

        private static func expectGone(_ place: Place) async throws {
            for _ in 0..<200 {
                let left = try await Engine.docker("ps", "--all", "--quiet", "--filter", "label=storelab.agent")
                if left.isEmpty { return }
                try await Task.sleep(for: .milliseconds(50))
            }
            Issue.record("the agent's container is still there")
        }
    }
}
