import Foundation
import Model
import TestSupport
import Testing

extension OnRealServers {
    /// The faults that a proxy makes between the parts, on whole stacks.
    @Suite(.serialized) struct ProxyTests {
        private static func definition(_ faults: [String], replicas: Int = 1, hold: String) -> String {
            InjectedFaultTests.definition(faults, replicas: replicas, hold: hold, tasks: Definition.orders)
                // Whatever fails is what is looked at.
                .replacing("limits: [\"error_rate > 1% for 2s\"]", with: "limits: [\"error_rate > 99% for 10s\"]")
        }

        /// The store's program and database on this machine or in containers: at rest, slowed, cut, narrowed, and well again.
        private static func slowsAndCuts(_ laboratory: Laboratory, _ arguments: [String] = []) async throws {
            let database = arguments.isEmpty ? "mariadb" : "mysql"
            try laboratory.write(
                "1.yaml",
                definition(
                    [
                        "at: 3s, for: 5s, slow: mysql, by: 50ms..80ms", "at: 9s, for: 3s, cut: mysql",
                        "at: 15s, for: 4s, bandwidth: mysql, rate: 1kB/s",
                    ], hold: "23s"))
            let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"] + arguments)
            #expect(ending.code == 0 || ending.code == 4, "\(ending.errors)")
            let measurement = try laboratory.measurement("01-faults")
            let faults = measurement.faults ?? []
            #expect(faults.count == 3 && faults.allSatisfy { $0.trouble == nil && $0.ended != nil }, "\(faults)")
            #expect(faults.allSatisfy { $0.part == database })
            let samples = try laboratory.samples("01-faults")
            func latencies(_ seconds: Range<Int>) -> [Seconds] {
                samples.filter { seconds.contains($0.second) }.compactMap { $0.tasks.first?.succeeded.percentile(50) }
            }
            // An order is an exchange with the database: there and back.
            let slowed = latencies(4..<7)
            #expect(slowed.count == 3 && slowed.allSatisfy { $0 >= 0.1 }, "\(slowed)")
            let rested = latencies(0..<3)
            #expect(rested.count == 3 && (rested.min() ?? 1) < 0.1, "\(rested)")
            let failed = samples.filter { (9..<12).contains($0.second) }.reduce(0) {
                $0 + ($1.tasks.first?.failed.count ?? 0)
            }
            #expect(failed > 0)
            func succeeded(_ seconds: Range<Int>) -> Int {
                samples.filter { seconds.contains($0.second) }.reduce(0) {
                    $0 + ($1.tasks.first?.succeeded.count ?? 0)
                }
            }
            // An order asks and is told more than a hundred bytes.
            #expect(2 * succeeded(16..<19) < succeeded(0..<3), "\(succeeded(16..<19)), \(succeeded(0..<3))")
            // The store opens its connections again.
            #expect(samples.suffix(3).contains { ($0.tasks.first?.succeeded.count ?? 0) > 0 })
            let proxy = try #require(measurement.components.first { $0.name == "proxy" })
            #expect(proxy.role == .other)
            #expect(measurement.usage.contains { ($0.cores["proxy"] ?? 0) > 0 }, "\(measurement.usage)")
            #expect(measurement.losses == nil)
            #expect(
                measurement.notes.contains {
                    $0.hasPrefix("For the faults of the definition a proxy of StoreLab stands")
                })
            #expect(
                measurement.notes.contains {
                    $0.hasPrefix("While no fault was in force, the proxy before \(database) added ")
                }, "\(measurement.notes)")
            try laboratory.expectNoOrderIsLost("01-faults")
        }

        @Test func aDatabaseIsSlowedAndCutOnLocalProcesses() async throws {
            try await Laboratory.with { try await Self.slowsAndCuts($0) }
        }

        @Test(.long, .enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
        func aDatabaseIsSlowedAndCutInContainers() async throws {
            try await Laboratory.onEngine { try await Self.slowsAndCuts($0, ["--stack", "compose"]) }
        }

        @Test(.long) func aReplicaAndTheEntranceAreNarrowed() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write(
                    "1.yaml",
                    Self.definition(
                        [
                            "at: 2s, for: 3s, slow: store-2, by: 200ms", "at: 7s, for: 3s, slow: nginx, by: 300ms",
                            "at: 12s, for: 2s, bandwidth: redis, rate: 1MB/s",
                        ], replicas: 2, hold: "15s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                let measurement = try laboratory.measurement("01-faults")
                #expect(measurement.outcome == .measured, "\(ending.errors)")
                let faults = measurement.faults ?? []
                #expect(faults.count == 3 && faults.allSatisfy { $0.trouble == nil && $0.ended != nil }, "\(faults)")
                let samples = try laboratory.samples("01-faults")
                func slowest(_ second: Int) -> Seconds {
                    samples.first { $0.second == second }?.tasks.first?.succeeded.percentile(100) ?? 0
                }
                func fastest(_ second: Int) -> Seconds {
                    samples.first { $0.second == second }?.tasks.first?.succeeded.percentile(1) ?? 0
                }
                // One of two replicas is slow; then all that comes in is.
                #expect(slowest(3) >= 0.4 && fastest(3) < 0.4)
                #expect(fastest(8) >= 0.6)
                try laboratory.expectNoOrderIsLost("01-faults")
            }
        }

        /// Whatever ends the program that made the fault ends the fault.
        @Test func theProxyEndsWithItsController() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Self.definition(["at: 1s, cut: mysql"], hold: "30s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("01-faults", seconds: 3)
                    #expect(laboratory.services()["proxy"] != nil)
                    kill(pid, SIGKILL)
                    try await Laboratory.waitUntil("the proxy is gone") { laboratory.services()["proxy"] == nil }
                }
                #expect(ending.code == nil)
                #expect(laboratory.services()["store-1"] != nil)
                let clean = try await laboratory.storelab(["clean"])
                #expect(clean.code == 0, "\(clean.errors)")
            }
        }

        /// The containers outlive the program, and the fault does not.
        @Test(.enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
        func aCutServiceIsReachedAgainOnceTheRunIsKilled() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write("1.yaml", Self.definition(["at: 1s, cut: mysql"], hold: "40s"))
                let arguments = ["run", "experiments", "--output", "output", "--stack", "compose"]
                let ending = try await laboratory.storelab(arguments) { pid in
                    try await laboratory.waitForLoad("01-faults", seconds: 3)
                    let store = try await Laboratory.container("store-1")
                    // By the way that the store itself takes.
                    func orders() async throws -> String {
                        try await Engine.docker("exec", store, "/usr/bin/store", "count-orders")
                            .trimmingCharacters(in: .whitespacesAndNewlines)
                    }
                    #expect(try await orders() == "")
                    kill(pid, SIGKILL)
                    let deadline = ContinuousClock.now + .seconds(60)
                    while try await Int(orders()) == nil, ContinuousClock.now < deadline {
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    #expect(Int(try await orders()) != nil)
                }
                #expect(ending.code == nil)
                let clean = try await laboratory.storelab(["clean"])
                #expect(clean.code == 0, "\(clean.errors)")
            }
        }

        /// In somebody's own project, who uses a service by its name meets the proxy.
        @Test(.long, .enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
        func aServiceOfSomebodysOwnProjectIsSlowed() async throws {
            let project = Laboratory.home + "/Tests/Engine/course-project/docker-compose.yml"
            try await Laboratory.onEngine { laboratory in
                try laboratory.write(
                    "1.yaml",
                    Definition.project(project).split(separator: "\n").map { line in
                        line.contains("find_limit:")
                            ? "  ramp: [{ users: 2, spawn_rate: 20/s, hold: 10s }]" : String(line)
                    }.joined(separator: "\n") + "\nfaults:\n  - { at: 4s, for: 4s, slow: mysql, by: 20ms }\n")
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                let measurement = try laboratory.measurement("01-own")
                #expect(measurement.outcome == .measured, "\(ending.errors)")
                #expect(measurement.faults?.allSatisfy { $0.trouble == nil && $0.ended != nil } == true)
                let samples = try laboratory.samples("01-own")
                func fastest(_ second: Int) -> Seconds {
                    let orders = samples.first { $0.second == second }?.tasks.first { $0.succeeded.count > 0 }
                    return orders?.succeeded.percentile(1) ?? 0
                }
                // It opens a connection for each order, which alone takes several exchanges.
                #expect(
                    fastest(2) > 0 && fastest(2) < 0.1 && fastest(6) >= 0.1, "\(samples.map { fastest($0.second) })")
            }
        }
    }
}
