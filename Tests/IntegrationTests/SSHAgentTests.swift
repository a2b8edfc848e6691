import Foundation
import TestSupport
import Testing

extension OnRealServers {
    /// Agents on other machines, by a real SSH.
    @Suite(
        .serialized, .long, .enabled(if: Hosts.obstacle == nil, "skipped: \(Hosts.obstacle ?? "")"))
    struct SSHAgentTests {
        private static func answer(_ ending: Laboratory.Ending) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        }

        private static func reasons(_ step: [String: Any]) -> String {
            (step["reasons"] as? [String] ?? []).joined(separator: "\n")
        }

        @Test func twoMachinesSendWhatTheTargetGets() async throws {
            try await Hosts.with(2) { hosts in
                let prefix = hosts.laboratory.output + "/run"
                for round in 1...2 {
                    let before = try await hosts.requests(of: "/fixed?ms=5")
                    let ending = try await hosts.laboratory.storelab(
                        [
                            "load", hosts.base + "/fixed?ms=5", "--users", "30", "--think-time", "50ms..150ms",
                            "--duration", "2s", "--from", "ssh://host1,ssh://host2", "--allow-remote", "--json",
                            "--csv", prefix,
                        ], environment: hosts.environment)
                    #expect(ending.code == 0, "\(ending.errors)")
                    #expect(ending.errors.contains("sending this program") == (round == 1))
                    let stats = try String(contentsOfFile: prefix + "_stats.csv", encoding: .utf8)
                    let all = try #require(
                        stats.split(separator: "\r\n").last?.split(separator: ",", omittingEmptySubsequences: false))
                    // Each agent tries the target once before the load.
                    #expect(try await hosts.requests(of: "/fixed?ms=5") - before - 2 == Int(all[2]))
                    let agents = try #require(try Self.answer(ending)["agents"] as? [[String: Any]])
                    #expect(agents.map { $0["name"] as? String } == ["ssh://host1", "ssh://host2"])
                    #expect(agents.allSatisfy { $0["loss"] == nil })
                }
            }
        }

        /// Its machine goes on and hears nothing: it is lost after a second of silence, and ends its load by itself.
        @Test func aMachineThatIsCutOffIsLost() async throws {
            try await Hosts.with(2) { hosts in
                let ending = try await hosts.laboratory.storelab(
                    [
                        "load", hosts.base + "/fixed?ms=1", "--users", "20", "--think-time", "100ms", "--duration",
                        "4s", "--from", "ssh://host1,ssh://host2", "--allow-remote", "--json",
                    ], environment: hosts.environment
                ) { _ in
                    try await hosts.await(300, of: "/fixed?ms=1")
                    try await hosts.cut(2)
                }
                #expect(ending.code == 0, "\(ending.errors)")
                let answer = try Self.answer(ending)
                let steps = try #require(answer["steps"] as? [[String: Any]])
                try #require(steps.count == 2, "\(ending.output)")
                #expect(steps[0]["verdict"] as? String == "INCONCLUSIVE")
                #expect(Self.reasons(steps[0]).contains("the agent ssh://host2 "), "\(Self.reasons(steps[0]))")
                #expect(steps[1]["users"] as? Int == 20 && !Self.reasons(steps[1]).contains("was lost"))
                let losses = (answer["agents"] as? [[String: Any]] ?? []).compactMap { $0["loss"] as? [String: Any] }
                #expect(losses.map { $0["cause"] as? String } == ["silent"])
            }
        }
    }
}
