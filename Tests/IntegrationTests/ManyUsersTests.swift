import Foundation
import Synchronization
import TestSupport
import TestTarget
import Testing

extension OnRealServers {
    /// More users than one table of descriptors holds, of `storelab load` and of the server that it loads.
    @Suite(.serialized) struct ManyUsersTests {
        @Test func allAreServedWithFewOpenFiles() async throws {
            let served = try await Self.serve(users: 600, thinkTime: "500ms..1500ms", seconds: 2, openFiles: 256)
            #expect(served.users == 600 && served.failed == 0 && served.requests > 600)
        }

        @Test(.long) func fiftyThousandAreServedAndTakeLittleMemory() async throws {
            let served = try await Self.serve(users: 50_000, thinkTime: "10s..30s", seconds: 10)
            #expect(served.users == 50_000 && served.failed == 0)
            #expect(served.bytesPerUser < 6 * 1024)
        }

        /// Each of three agents has a third of them. Where the machine does not give that many, the report says so, and of which
        /// agent.
        @Test(.long) func aHundredThousandOfThreeAgentsAreServedOrTheAgentIsNamed() async throws {
            try await Laboratory.with { laboratory in
                let port = try await TargetServer.with { _, port in port }
                let url = "http://127.0.0.1:\(port)/ok"
                _ = try await laboratory.storelab(["target", "--port", "\(port)"]) { pid in
                    defer { kill(pid, SIGINT) }
                    try await Self.answered(url, laboratory)
                    let ending = try await laboratory.storelab([
                        "load", url, "--users", "100000", "--spawn-rate", "2000/s", "--think-time", "exponential 60s",
                        "--duration", "10s", "--from", "local,local,local", "--on-loss", "stop", "--json",
                    ])
                    #expect(ending.code == 0, "\(ending.errors)")
                    let answer = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
                    let step = try #require((answer?["steps"] as? [[String: Any]])?.first)
                    let reasons = (step["reasons"] as? [String] ?? []).joined(separator: "\n")
                    if step["verdict"] as? String == "VALID" {
                        #expect(step["users"] as? Int == 100_000)
                        let all = try #require(answer?["perSecond"] as? [[String: Any]])
                        #expect(all.reduce(0) { $0 + ($1["failed"] as? Int ?? 0) } == 0)
                    } else {
                        #expect(reasons.contains("agent local "), "\(step["verdict"] ?? ""): \(reasons)")
                    }
                }
            }
        }

        private struct Served {
            var users = 0
            var requests = 0
            /// Of the whole load, while the users come included.
            var failed = 0
            /// Of resident memory, all that the program has beyond its first moment.
            var bytesPerUser = 0
        }

        private static func serve(
            users: Int, thinkTime: String, seconds: Int, openFiles: Int? = nil
        ) async throws -> Served {
            let served = Mutex(Served())
            try await Laboratory.with { laboratory in
                let port = try await TargetServer.with { _, port in port }
                let url = "http://127.0.0.1:\(port)/ok"
                let server = try await laboratory.storelab(["target", "--port", "\(port)"], openFiles: openFiles) {
                    pid in
                    defer { kill(pid, SIGINT) }
                    try await Self.answered(url, laboratory)
                    let memory = Memory()
                    let ending = try await laboratory.storelab(
                        [
                            "load", url, "--users", "\(users)", "--spawn-rate", "2000/s", "--think-time", thinkTime,
                            "--duration", "\(seconds)s",
                            "--json",
                        ], openFiles: openFiles, during: memory.watch)
                    #expect(ending.code == 0, "\(ending.errors)")
                    let answer = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
                    let step = try #require((answer?["steps"] as? [[String: Any]])?.first)
                    let all = try #require(answer?["perSecond"] as? [[String: Any]])
                    let sum = { (name: String) in all.reduce(0) { $0 + ($1[name] as? Int ?? 0) } }
                    let (requests, failed) = (sum("requests"), sum("failed"))
                    served.withLock {
                        $0 = Served(
                            users: step["users"] as? Int ?? 0, requests: requests, failed: failed,
                            bytesPerUser: memory.growth / users)
                    }
                }
                #expect(server.output.contains("127.0.0.1:\(port)"))
            }
            return served.withLock(\.self)
        }

        private static func answered(_ url: String, _ laboratory: Laboratory) async throws {
            var tries = 0
            while try await laboratory.storelab(["load", url, "--users", "1", "--duration", "1s"]).code != 0 {
                tries += 1
                try #require(tries < 100, "the server does not listen")
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}

/// The resident memory of a process.
private final class Memory: Sendable {
    private let bounds = Mutex<(first: Int, most: Int)?>(nil)

    /// Until the process ends.
    @Sendable func watch(_ pid: Int32) async throws {
        while let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let size = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        {
            bounds.withLock { $0 = ($0?.first ?? size, max($0?.most ?? size, size)) }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// In bytes.
    var growth: Int { bounds.withLock { $0.map { ($0.most - $0.first) * 1024 } } ?? .max }
}
