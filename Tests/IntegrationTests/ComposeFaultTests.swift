import Foundation
import Model
import TestSupport
import Testing

extension OnRealServers {
    /// Faults of a definition, on a real Docker Engine.
    @Suite(.serialized, .enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
    struct ComposeFaultTests {
        /// All kinds that need no proxy, in one run, each looked for from outside.
        @Test func everyKindIsMadeAndTakenBack() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write(
                    "1.yaml",
                    InjectedFaultTests.definition(
                        [
                            "at: 1s, kill: store-1", "at: 3s, for: 4s, pause: redis", "at: 6s, start: store-1",
                            "at: 9s, for: 4s, throttle: store-2, cpus: 0.05",
                            "at: 9s, for: 4s, throttle: redis, cpus: 0.5",
                            "at: 9s, for: 4s, hold: mysql, connections: 30",
                            "at: 9s, for: 4s, hold: redis, connections: 60", "at: 14s, kill: nginx",
                            "at: 15s, start: nginx", "at: 17s, kill: mysql",
                        ], replicas: 2, hold: "18s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("01-faults", seconds: 1)
                    let first = try await Laboratory.container("store-1")
                    let second = try await Laboratory.container("store-2")
                    let redis = try await Laboratory.container("redis")
                    try await Self.wait("store-1 is dead", pid, first) { $0.status == "exited" }
                    try await Self.wait("redis stands still", pid, redis) { $0.status == "paused" }
                    try await Self.wait("store-1 is there again", pid, first) { $0.status == "running" }
                    try await Self.wait("redis goes on", pid, redis) { $0.status == "running" }
                    try await Self.wait("store-2 is throttled", pid, second) { $0.quota == "1000 20000" }
                    try await Self.wait("store-2 has its quota again", pid, second) { $0.quota == "10000 20000" }
                    try await Self.wait("redis has none again", pid, redis) { $0.quota.hasPrefix("-1 ") }
                }
                let measurement = try laboratory.measurement("01-faults")
                #expect(measurement.stackKind == "compose" && measurement.outcome == .measured, "\(ending.errors)")
                let faults = try #require(measurement.faults)
                #expect(faults.count == 10 && faults.allSatisfy { $0.trouble == nil }, "\(faults)")
                for record in faults { #expect((record.ended == nil) == !record.fault.action.hasEnd) }
                #expect(measurement.losses == nil, "what a fault killed is not lost")
                #expect(
                    measurement.notes.filter { $0.contains("to the end") } == [
                        "A fault killed mysql, and it was dead to the end: what only it could tell after the load is missing."
                    ])
                func most(_ kind: SignalKind) -> Double {
                    (measurement.signals?.series.first { $0.kind == kind }?.values ?? []).compactMap(\.self).max() ?? 0
                }
                #expect(most(.mysqlConnections) >= 30 && most(.redisClients) >= 60)
            }
        }

        /// Those that a proxy makes are audited in `ProxyTests`.
        @Test(.long) func noAcknowledgedOrderIsLost() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write(
                    "1.yaml",
                    InjectedFaultTests.definition(
                        [
                            "at: 2s, kill: store-1", "at: 4s, start: store-1", "at: 6s, kill: mysql",
                            "at: 7s, start: mysql", "at: 14s, for: 2s, pause: mysql", "at: 18s, for: 2s, pause: redis",
                            "at: 22s, for: 2s, throttle: mysql, cpus: 0.05",
                            "at: 26s, for: 2s, hold: mysql, connections: 30", "at: 29s, kill: nginx",
                            "at: 30s, start: nginx", "at: 33s, kill: redis",
                        ],
                        replicas: 2, hold: "50s", tasks: Definition.orders))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                let measurement = try laboratory.measurement("01-faults")
                #expect(measurement.outcome == .measured, "\(ending.errors)")
                let faults = try #require(measurement.faults)
                #expect(faults.count == 11 && faults.allSatisfy { $0.trouble == nil }, "\(faults)")
                try laboratory.expectNoOrderIsLost("01-faults")
            }
        }

        @Test(arguments: 0..<(Tier.isFull ? 20 : 1))
        func cleanTakesBackWhatAKilledRunHadInForce(time: Int) async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write(
                    "1.yaml",
                    InjectedFaultTests.definition(
                        [
                            "at: 1s, pause: redis", "at: 1s, throttle: store-2, cpus: 0.05",
                            "at: 1s, hold: mysql, connections: 9", "at: 1s, slow: mysql, by: 20ms",
                            "at: 1s, bandwidth: redis, rate: 10kB/s", "at: 2s, cut: store-1", "at: 3s, kill: nginx",
                        ],
                        replicas: 2, hold: "60s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("01-faults", seconds: 1)
                    let (redis, second) = try await (Laboratory.container("redis"), Laboratory.container("store-2"))
                    try await Self.wait("redis stands still", pid, redis) { $0.status == "paused" }
                    try await Self.wait("store-2 is throttled", pid, second) { $0.quota == "1000 20000" }
                    try await Laboratory.waitUntil("all faults are in force") {
                        laboratory.hasTold("fault 7, kill nginx, began at")
                    }
                    #expect(!InjectedFaultTests.holders(in: laboratory).isEmpty)
                    kill(pid, SIGKILL)
                }
                #expect(ending.code == nil)
                #expect(try await Engine.state(of: Laboratory.container("redis")).status == "paused")
                let clean = try await laboratory.storelab(["clean"])
                #expect(clean.code == 0 && clean.output.contains("faults taken back: 6"), "\(clean)")
                #expect(InjectedFaultTests.holders(in: laboratory).isEmpty)
            }
        }

        /// Drawn parts are drawn with the seed of the load.
        @Test(.long) func theSameSeedGivesTheSameFaultsAtTheSameInstants() async throws {
            try await Laboratory.onEngine { try await InjectedFaultTests.expectSameFaultsOfSameSeed($0) }
        }

        /// A container that stands still would keep the stack from being taken down.
        @Test(.long) func ctrlCDuringAPauseLeavesNothing() async throws {
            try await Laboratory.onEngine { laboratory in
                try laboratory.write(
                    "1.yaml", InjectedFaultTests.definition(["at: 1s, pause: mysql"], replicas: 1, hold: "30s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("01-faults", seconds: 1)
                    let mysql = try await Laboratory.container("mysql")
                    try await Self.wait("mysql stands still", pid, mysql) { $0.status == "paused" }
                    kill(pid, SIGINT)
                }
                #expect(ending.code == 130, "\(ending.errors)")
                let faults = try laboratory.measurement("01-faults").faults ?? []
                #expect(faults.count == 1 && faults.allSatisfy { $0.ended != nil && $0.trouble == nil }, "\(faults)")
            }
        }

        // MARK: What the engine says

        private static func wait(
            _ what: String, _ pid: Int32, _ container: String, _ isSo: (Engine.ContainerState) -> Bool
        ) async throws {
            while try await !isSo(Engine.state(of: container)) {
                guard Stopwatch.lives(pid) else {
                    Issue.record("not before the run ended: \(what)")
                    return
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
