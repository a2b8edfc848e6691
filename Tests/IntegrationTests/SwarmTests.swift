import Foundation
import Model
import TestSupport
import Testing

extension OnRealServers {
    /// The program on a Docker Swarm of three nodes.
    @Suite(.serialized, .long, .enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
    struct SwarmTests {
        @Test func scenariosAreMeasuredOnThreeNodes() async throws {
            try await Swarm.with { swarm, laboratory in
                try await swarm.docker(1, "network", "create", "--driver", "overlay", "others")
                let ending = try await laboratory.storelab([
                    "run", Laboratory.home + "/experiments/01-mysql-baseline.yaml",
                    Laboratory.home + "/experiments/04-balanced-limit.yaml", "--quick", "--stack", "swarm", "--output",
                    "output",
                ])
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(ending.errors.contains("bringing storelab-store:"), "\(ending.errors)")
                // The third node carries nothing of the first experiment, and a replica of the second.
                #expect(ending.errors.contains("the load comes from agents on the nodes n3\n"), "\(ending.errors)")
                #expect(try Self.agents(laboratory, "01-mysql-baseline") == ["node://n3"])
                #expect(try Self.agents(laboratory, "02-balanced-limit") == [])
                try Self.check(laboratory, "01-mysql-baseline", nodes: ["n1", "n2"])
                try Self.check(laboratory, "02-balanced-limit", nodes: ["n1", "n2", "n3"])
                let report = try laboratory.read("report.md")
                #expect(report.contains("Nodes of the swarm: `n1`: `mysql`, `nginx`, `prometheus`, `redis`"))
                #expect(report.contains("periods of 100 ms"))
                let french = try laboratory.read("rapport.md")
                #expect(french.contains("Nœuds du swarm") && french.contains("périodes de 100 ms"))
                #expect(try await swarm.docker(1, "network", "ls").contains("others"))
                try await swarm.docker(1, "network", "rm", "others")
            }
        }

        /// Names of the agents that generated a load, none of which was lost.
        private static func agents(_ laboratory: Laboratory, _ name: String) throws -> [String] {
            let generator = try #require(try laboratory.record(name)["generator"] as? [String: Any])
            let agents = generator["agents"] as? [[String: Any]] ?? []
            #expect(agents.allSatisfy { $0["loss"] == nil })
            return agents.compactMap { $0["name"] as? String }
        }

        /// Every part has its node, Prometheus and the generator counted the same, and CPU was seen on all nodes.
        private static func check(_ laboratory: Laboratory, _ name: String, nodes: Set<String>) throws {
            let record = try laboratory.record(name)
            #expect(record["stackKind"] as? String == "swarm")
            let components = try #require(record["components"] as? [[String: Any]])
            #expect(Set(components.compactMap { $0["node"] as? String }) == nodes)
            #expect(components.allSatisfy { $0["node"] != nil })
            let counters = try #require(record["counters"] as? [[String: Any]])
            #expect(!counters.isEmpty)
            for counter in counters {
                #expect(counter["prometheus"] as? Double == counter["generator"] as? Double, "\(counter)")
            }
            let usage = try #require((record["usage"] as? [[String: Any]])?.last?["cores"] as? [String: Double])
            for component in components {
                #expect(usage[component["name"] as? String ?? ""] != nil, "\(component["name"] ?? "")")
            }
            #expect((record["signals"] as? [String: Any])?["missing"] as? [String] == [])
        }

        @Test func aReplicaThatNginxsNodeDoesNotReachKeepsTheLoadFromStarting() async throws {
            try await Swarm.with { _, laboratory in
                try await Swarm.run("apart", "1", "3")
                try laboratory.write("1.yaml", Definition.ramp("two", replicas: 2, balancer: "round_robin"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--stack", "swarm"])
                #expect(ending.code == 1, "\(ending.errors)")
                #expect(
                    ending.errors.contains(
                        "from the node n1, where Nginx is, these replicas do not answer: store-2 on n3"),
                    "\(ending.errors)")
                #expect(!ending.errors.contains("store-1 on n2"), "\(ending.errors)")
                #expect(try laboratory.read("01-two/samples.jsonl") == "", "no load was started")
            }
        }

        @Test func aReplicaThatIsKilledIsReportedWithItsCost() async throws {
            try await Swarm.with { swarm, laboratory in
                try laboratory.write(
                    "1.yaml", Definition.ramp("two", replicas: 2, balancer: "round_robin", hold: "14s"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--stack", "swarm"]
                ) { _ in
                    try await laboratory.waitForLoad("01-two", seconds: 4)
                    let id = try await swarm.docker(3, "ps", "--quiet", "--filter", "name=store-2")
                    try await swarm.docker(3, "kill", id.trimmingCharacters(in: .whitespacesAndNewlines))
                }
                #expect(ending.code == 0, "\(ending.errors)")
                let report = try laboratory.read("report.md")
                #expect(report.contains("store-2 was ended by signal 9"))
                #expect(report.contains("`store-2` was lost at second"))
            }
        }

        /// On the node of the replica, by its own engine.
        @Test func faultsAreMadeOnTheirNodesAndBilled() async throws {
            try await Swarm.with { _, laboratory in
                let text = Definition.ramp("faulty", replicas: 2, balancer: "round_robin", hold: "24s")
                try laboratory.write(
                    "1.yaml",
                    text + """

                        faults:
                          - { at: 6s, for: 2s, pause: store-1 }
                          - { at: 14s, kill: store-2 }
                        """)
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--stack", "swarm"])
                #expect(ending.code == 0, "\(ending.errors)")
                let measurement = try laboratory.measurement("01-faulty")
                let faults = try #require(measurement.faults)
                #expect(faults.map(\.part) == ["store-1", "store-2"])
                #expect(faults.allSatisfy { $0.trouble == nil }, "\(faults)")
                // What a fault killed is no loss.
                #expect(measurement.losses == nil)
                #expect(try laboratory.read("report.md").contains("store-2"))
            }
        }

        /// Its containers run on, and are removed once it is back.
        @Test func aNodeThatIsCutOffIsALossAndCleanWaitsForIt() async throws {
            try await Swarm.with { _, laboratory in
                try laboratory.write(
                    "1.yaml", Definition.ramp("cut", replicas: 2, balancer: "round_robin", hold: "20s"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--stack", "swarm"]
                ) { _ in
                    try await laboratory.waitForLoad("01-cut", seconds: 4)
                    try await Swarm.run("cut", "3")
                }
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(ending.errors.contains("the node n3, which does not answer"), "\(ending.errors)")
                let report = try laboratory.read("report.md")
                #expect(report.contains("the node n3 does not answer any more, and with it store-2 is lost"))
                #expect(report.contains("`store-2` was lost at second"))
                try await Swarm.run("heal", "3")
                let clean = try await laboratory.storelab(["clean"])
                #expect(clean.code == 0, "\(clean.errors)")
            }
        }

        /// An agent beside a replica too, with its secrets.
        @Test func cleanRemovesWhatAKilledRunLeftOnAllNodes() async throws {
            try await Swarm.with { swarm, laboratory in
                try laboratory.write(
                    "1.yaml", Definition.ramp("two", replicas: 2, balancer: "round_robin", hold: "20s"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--stack", "swarm", "--from", "node://n3"]
                ) { pid in
                    try await laboratory.waitForLoad("01-two")
                    #expect(try await swarm.docker(1, "secret", "ls").contains("_agent-token"))
                    kill(pid, SIGKILL)
                }
                #expect(ending.code == nil)
                #expect(try await swarm.docker(3, "ps", "--quiet") != "")
                let clean = try await laboratory.storelab(["clean"])
                #expect(clean.code == 0, "\(clean.errors)")
            }
        }
    }
}
