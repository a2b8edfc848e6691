import Foundation
import TestSupport
import Testing

extension OnRealServers {
    /// The program on a real Docker Engine.
    @Suite(.serialized, .enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
    struct ComposeTests {
        @Test func experimentsAreMeasuredAsOnLocalProcesses() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write(
                    "1.yaml", Definition.ramp("three", replicas: 3, balancer: "least_conn", hold: "4s"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--keep-prometheus"]
                ) { _ in
                    try await laboratory.waitForLoad("01-three")
                    let ports = try await Laboratory.container("nginx", format: "{{.Ports}}")
                    let entrance = try #require(ports.firstMatch(of: /127\.0\.0\.1:(\d+)->80/).flatMap { Int($0.1) })
                    #expect(try Self.connections(to: entrance) == 0, "the load passes Docker's proxy")
                }
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(ending.errors.contains("the stack is Docker Compose, because an engine answers"))

                let record = try laboratory.record("01-three")
                #expect(record["stackKind"] as? String == "compose")
                let components = try #require(record["components"] as? [[String: Any]])
                #expect(components.count == 7)
                for component in components {
                    let image = component["image"] as? [String: String]
                    #expect(image?["digest"]?.contains("sha256:") == true, "\(component)")
                    #expect(component["restarts"] as? Int == 0)
                }
                for counter in try #require(record["counters"] as? [[String: Any]]) {
                    #expect(counter["prometheus"] as? Double == counter["generator"] as? Double, "\(counter)")
                }
                try await laboratory.expectPrometheus(of: "01-three") { _, _ in }
                let usage = try #require((record["usage"] as? [[String: Any]])?.last?["cores"] as? [String: Double])
                #expect(usage["mysql"] != nil && usage["store-3"] != nil)
                let signals = try #require(record["signals"] as? [String: Any])
                let kinds = Set((signals["series"] as? [[String: Any]] ?? []).compactMap { $0["kind"] as? String })
                #expect(signals["missing"] as? [String] == [])
                #expect(
                    kinds.isSuperset(of: [
                        "mysql_threads_connected", "redis_commands", "nginx_active_connections",
                        "nginx_upstream_timed_out", "cpu_throttled",
                    ]), "\(kinds)")

                let report = try laboratory.read("report.md")
                #expect(report.contains("3 started, 3 in DNS, 3 in Nginx, 3 in Prometheus"))
                #expect(report.contains("<summary>How containers differ from local processes</summary>"))
                #expect(try laboratory.read("01-three/stack/nginx.conf").contains("least_conn;"))
                #expect(try laboratory.read("01-three/stack/compose.yaml").contains("labo04-network"))
                let logs = try FileManager.default.contentsOfDirectory(
                    atPath: laboratory.output + "/latest/01-three/logs")
                #expect(logs.contains("mysql-1.log") && logs.contains("store-2.log"))
            }
        }

        /// Those of this machine that stand, to a port of 127.0.0.1.
        private static func connections(to port: Int) throws -> Int {
            let place = String(format: "0100007F:%04X", port)
            return try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n").count { line in
                let words = line.split(separator: " ")
                return words.count > 3 && words[2] == place && words[3] == "01"
            }
        }

        @Test func mariaDBServesInMySQLsPlace() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("mariadb", hold: "4s"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output"],
                    environment: ["STORELAB_MYSQL_IMAGE": "mariadb:10.11"])
                #expect(ending.code == 0, "\(ending.errors)")
                let record = try laboratory.record("01-mariadb")
                let images = (record["components"] as? [[String: Any]] ?? []).compactMap { component in
                    (component["image"] as? [String: String])?["name"]
                }
                #expect(images.contains("mariadb:10.11"), "\(images)")
                for counter in try #require(record["counters"] as? [[String: Any]]) {
                    #expect(counter["prometheus"] as? Double == counter["generator"] as? Double, "\(counter)")
                }
            }
        }

        @Test func aReplicaThatIsKilledIsReportedWithItsCost() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write(
                    "1.yaml", Definition.ramp("two", replicas: 2, balancer: "round_robin", hold: "20s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { _ in
                    try await laboratory.waitForLoad("01-two", seconds: 4)
                    try await Engine.docker("kill", Laboratory.container("store-2"))
                }
                #expect(ending.code == 0, "\(ending.errors)")
                let report = try laboratory.read("report.md")
                #expect(report.contains("store-2 was ended by signal 9"))
                #expect(report.contains("`store-2` was lost at second"))
                #expect(report.contains("the others had taken over"))
            }
        }

        @Test func cleanRemovesWhatAKilledRunLeftAndNothingElse() async throws {
            try await Laboratory.onEngine { laboratory in
                try await Engine.docker("network", "create", "storelab-other")
                try laboratory.write("1.yaml", Definition.ramp("only", hold: "20s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("01-only")
                    kill(pid, SIGKILL)
                }
                #expect(ending.code == nil)
                #expect(try await Laboratory.container("store-1") != "")
                let clean = try await laboratory.storelab(["clean"])
                #expect(clean.code == 0, "\(clean.errors)")
                #expect(try await Engine.docker("network", "ls").contains("storelab-other"))
                try await Engine.docker("network", "rm", "storelab-other")
            }
        }

        @Test func aContainerThatDoesNotStartIsNamedWithItsLastWords() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("broken"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--stack", "compose"],
                    environment: ["STORELAB_REDIS_IMAGE": "mysql:8.4"])
                #expect(ending.code == 1)
                #expect(ending.errors.contains("the container redis-1 exited with code"), "\(ending.errors)")
            }
        }

        @Test func aStackThatIsLeftUpIsMeasuredByItsAddressAndTakenDown() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("held"))
                let up = try await laboratory.storelab(["stack", "up", "experiments/1.yaml", "--stack", "compose"])
                #expect(up.code == 0, "\(up.errors)")
                let addresses = up.output.matches(of: /http:\/\/127\.0\.0\.1:[0-9]+/).map { String($0.output) }
                let (store, prometheus) = (try #require(addresses.first), try #require(addresses.dropFirst().first))
                let text = Definition.ramp("by-url").split(separator: "\n", omittingEmptySubsequences: false)
                    .filter { line in !["backend:", "replicas:", "balancer:", "store:"].contains { line.contains($0) } }
                    .joined(separator: "\n")
                    .replacing("stack:\n", with: "stack:\n  url: \(store)\n  prometheus: \(prometheus)\n")
                try laboratory.write("2.yaml", text)
                let run = try await laboratory.storelab(["run", "experiments/2.yaml", "--output", "output"])
                #expect(run.code == 0, "\(run.errors)")
                #expect(try laboratory.record("01-by-url")["stackKind"] as? String == "url")
                let down = try await laboratory.storelab(["stack", "down"])
                #expect(down.code == 0 && down.output.contains("taken down: 1"), "\(down)")
            }
        }

        @Test func anImageThatCannotBeHadEndsWithTheNextStep() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("never"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--stack", "compose"],
                    environment: ["STORELAB_NGINX_IMAGE": "127.0.0.1:1/none:1"])
                #expect(ending.code == 3, "\(ending.errors)")
                #expect(ending.errors.contains("127.0.0.1:1/none:1"))
            }
        }
    }

    /// Without an engine.
    @Suite(.serialized) struct NoEngineTests {
        @Test func composeThatWasAskedForIsMissedWithTheNextStep() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("never"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--stack", "compose"])
                #expect(ending.code == 3)
                #expect(ending.errors.contains("--stack local"), "\(ending.errors)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: laboratory.output).isEmpty)
            }
        }

        @Test func aHostThatIsNotThisMachineMustBeConfirmed() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("never"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--stack", "http://shop.example"])
                #expect(ending.code == 2)
                #expect(ending.errors.contains("--allow-host shop.example"))
            }
        }

        @Test func aLocalStackThatIsLeftUpIsTakenDown() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("held"))
                let up = try await laboratory.storelab(["stack", "up", "experiments/1.yaml"])
                #expect(up.code == 0 && up.output.contains("prometheus"), "\(up.errors)")
                #expect(laboratory.services()["store-1"] != nil)
                let down = try await laboratory.storelab(["stack", "down"])
                #expect(down.code == 0, "\(down.errors)")
            }
        }
    }
}
