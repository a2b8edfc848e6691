import Foundation
import Model
import TestSupport
import Testing

extension OnRealServers {
    /// Faults of a definition, on local processes.
    @Suite(.serialized) struct InjectedFaultTests {
        static func definition(
            _ faults: [String], replicas: Int = 3, hold: String, tasks: String = Definition.mix
        ) -> String {
            let balancer = replicas > 1 ? "round_robin" : "none"
            return Definition.ramp("faults", replicas: replicas, balancer: balancer, hold: hold, tasks: tasks)
                + "\nfaults:\n" + faults.map { "  - { \($0) }" }.joined(separator: "\n") + "\n"
        }

        /// All kinds that need no proxy, one after the other, each looked for from outside.
        @Test func everyKindIsMadeAndTakenBack() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write(
                    "1.yaml",
                    Self.definition(
                        [
                            "at: 1s, kill: store-1", "at: 3s, for: 3s, pause: redis", "at: 4s, start: store-1",
                            "at: 8s, for: 3s, throttle: store-2, cpus: 0.02",
                            "at: 8s, for: 3s, throttle: mariadb, cpus: 0.3",
                            "at: 12s, for: 4s, hold: mysql, connections: 40",
                            "at: 12s, for: 4s, hold: redis, connections: 60",
                        ], hold: "17s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    func isRunning() -> Bool { Stopwatch.lives(pid) }
                    func wait(_ what: String, _ isSo: () -> Bool) async throws {
                        try await Laboratory.waitUntil(what) { isSo() || !isRunning() }
                        #expect(isRunning(), "\(what)")
                    }
                    // Stores are the last to start.
                    try await Laboratory.waitUntil("the parts are there") {
                        let parts = laboratory.services()
                        return parts["store-1"] != nil && parts["store-2"] != nil
                    }
                    let before = laboratory.services()
                    let (store, redis) = (try #require(before["store-1"]), try #require(before["redis"]))
                    // MariaDB works in the folder of its data.
                    let (limited, database) = (try #require(before["store-2"]), try #require(before["data"]))
                    try await wait("store-1 is dead") { kill(store, 0) != 0 }
                    try await wait("redis stands still") { Self.state(redis) == "T" }
                    try await wait("redis goes on") { Self.state(redis) == "S" }
                    try await wait("store-1 is there again") {
                        laboratory.services()["store-1"].map { $0 != store } == true
                    }
                    try await wait("store-2 is throttled") { Self.quota(limited).map { $0 < 0.03 } == true }
                    try await wait("mariadb is throttled") {
                        Self.quota(database).map { abs($0 - 0.3) < 0.01 } == true
                    }
                    try await wait("store-2 has its quota again") { Self.quota(limited).map { $0 > 0.4 } == true }
                    try await wait("mariadb has none again") { Self.quota(database) == nil }
                }
                #expect(ending.code == 0, "\(ending.errors)")
                let measurement = try laboratory.measurement("01-faults")
                let faults = try #require(measurement.faults)
                #expect(faults.map(\.index) == Array(0..<7) && faults.allSatisfy { $0.trouble == nil }, "\(faults)")
                #expect(
                    faults.map(\.part) == ["store-1", "redis", "store-1", "store-2", "mariadb", "mariadb", "redis"])
                for record in faults {
                    #expect(record.began >= record.fault.at - 0.01 && record.done >= record.began)
                    #expect((record.ended == nil) == !record.fault.action.hasEnd)
                }
                #expect(measurement.losses == nil, "what a fault killed is not lost")
                #expect(
                    measurement.notes == [
                        "A fault killed store-1: what it had counted since Prometheus last asked it is missing from the counters."
                    ])
                func most(_ kind: SignalKind) -> Double {
                    (measurement.signals?.series.first { $0.kind == kind }?.values ?? []).compactMap(\.self).max() ?? 0
                }
                #expect(most(.mysqlConnections) >= 40 && most(.redisClients) >= 60)
                try laboratory.expectNoOrderIsLost("01-faults")
                #expect(ending.errors.contains("fault 2, pause redis, began at"))
            }
        }

        /// Without faults in the definition each of these would end the load.
        @Test(.long) func theLoadGoesOnWhateverDies() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write(
                    "1.yaml",
                    Self.definition(
                        [
                            "at: 2s, kill: mysql", "at: 4s, start: mysql", "at: 7s, kill: nginx",
                            "at: 9s, start: nginx",
                            "at: 11s, kill: redis", "at: 12s, kill: random replica", "at: 13s, kill: mysql",
                        ], replicas: 2, hold: "14s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                let measurement = try laboratory.measurement("01-faults")
                #expect(measurement.outcome == .measured, "\(ending.errors)")
                let faults = measurement.faults ?? []
                #expect(faults.count == 7 && faults.allSatisfy { $0.trouble == nil }, "\(faults)")
                #expect(measurement.losses == nil && measurement.dataset?.ordersAfter == nil)
                let dead = ["mariadb", "redis", faults.count == 7 ? faults[5].part : ""].sorted()
                #expect(
                    measurement.notes.filter { $0.contains("to the end") }
                        == dead.map {
                            "A fault killed \($0), and it was dead to the end: what only it could tell after the load is missing."
                        })
                let samples = try laboratory.samples("01-faults")
                // To its end, and with Nginx back there were answers again.
                #expect(samples.count >= 14)
                #expect(samples.dropFirst(9).flatMap(\.tasks).contains { $0.succeeded.count > 0 })
            }
        }

        /// An order is acknowledged when the database has it: a store that dies in the middle takes none along.
        @Test(.long) func noAcknowledgedOrderIsLostWithAStoreOrTheDatabase() async throws {
            try await Laboratory.with { laboratory in
                let orders = Definition.orders
                try laboratory.write(
                    "1.yaml",
                    Self.definition(
                        [
                            "at: 2s, kill: store-1", "at: 4s, start: store-1", "at: 6s, kill: mysql",
                            "at: 7s, start: mysql",
                            "at: 9s, kill: store-1",
                        ], replicas: 2, hold: "10s", tasks: orders))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(try laboratory.measurement("01-faults").outcome == .measured, "\(ending.errors)")
                try laboratory.expectNoOrderIsLost("01-faults")
            }
        }

        /// Before anything else is asked of it: a part that stands still would keep the stack from its end.
        @Test func ctrlCDuringAPauseEndsTheRunAndLeavesNothing() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write(
                    "1.yaml", Self.definition(["at: 1s, pause: redis", "at: 1s, pause: store-2"], hold: "30s"))
                let watch = Stopwatch()
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("01-faults", seconds: 1)
                    let parts = laboratory.services()
                    for name in ["redis", "store-2"] {
                        let part = try #require(parts[name])
                        try await Laboratory.waitUntil("\(name) stands still") { Self.state(part) == "T" }
                    }
                    watch.start()
                    kill(pid, SIGINT)
                    await watch.killAfterLimit(pid)
                }
                watch.expectEnd(of: ending)
                let faults = try laboratory.measurement("01-faults").faults ?? []
                #expect(faults.count == 2 && faults.allSatisfy { $0.ended != nil && $0.trouble == nil }, "\(faults)")
            }
        }

        /// All that has an end, and a part that is dead.
        static let everyKind = [
            "at: 1s, pause: redis", "at: 1100ms, throttle: nginx, cpus: 0.1",
            "at: 1200ms, hold: mysql, connections: 10", "at: 1300ms, hold: nginx, connections: 10",
            "at: 1400ms, slow: mysql, by: 20ms", "at: 1500ms, cut: store-2",
            "at: 1600ms, bandwidth: store-3, rate: 10kB/s", "at: 1700ms, kill: store-1",
        ]

        @Test(arguments: 0..<(Tier.isFull ? 20 : 1))
        func cleanTakesBackWhatAKilledRunHadInForce(time: Int) async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Self.definition(Self.everyKind, hold: "60s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("01-faults", seconds: 1)
                    let parts = laboratory.services()
                    let (redis, nginx) = (try #require(parts["redis"]), try #require(parts["nginx"]))
                    try await Laboratory.waitUntil("redis stands still") { Self.state(redis) == "T" }
                    try await Laboratory.waitUntil("nginx is throttled") { Self.quota(nginx) != nil }
                    try await Laboratory.waitUntil("connections are held") { !Self.holders(in: laboratory).isEmpty }
                    try await Laboratory.waitUntil("all faults are in force") {
                        // Each is made by itself; a later one may be there sooner.
                        (1...Self.everyKind.count).allSatisfy { laboratory.hasTold("fault \($0), ") }
                    }
                    kill(pid, SIGKILL)
                }
                #expect(ending.code == nil)
                #expect(laboratory.services()["redis"].flatMap(Self.state) == "T")
                try await Laboratory.waitUntil("the proxy is gone") { laboratory.services()["proxy"] == nil }
                let clean = try await laboratory.storelab(["clean"])
                #expect(clean.code == 0 && clean.output.contains("faults taken back: 7"), "\(clean)")
                #expect(Self.holders(in: laboratory).isEmpty)
            }
        }

        /// While faults are being made: one every tenth of a second.
        @Test(.long, arguments: 0..<20)
        func cleanTakesBackWhatAKilledRunWasAboutToMake(time: Int) async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Self.definition(Self.everyKind, hold: "60s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await Laboratory.waitUntil("the first fault is made") {
                        laboratory.hasTold("fault 1, pause redis, began at")
                    }
                    // Over the time in which the others follow.
                    for _ in 0..<time { try await Task.sleep(for: .milliseconds(37)) }
                    kill(pid, SIGKILL)
                }
                #expect(ending.code == nil)
                let clean = try await laboratory.storelab(["clean"])
                #expect(clean.code == 0 && clean.output.contains("faults taken back: "), "\(clean)")
                #expect(Self.holders(in: laboratory).isEmpty)
            }
        }

        /// Drawn parts are drawn with the seed of the load.
        @Test func theSameSeedGivesTheSameFaultsAtTheSameInstants() async throws {
            try await Laboratory.with { try await Self.expectSameFaultsOfSameSeed($0) }
        }

        /// Two runs, on what the laboratory has.
        static func expectSameFaultsOfSameSeed(_ laboratory: Laboratory) async throws {
            let faults = [
                "at: 1s, for: 500ms, pause: random replica",
                "at: 1500ms, for: 500ms, slow: random replica, by: 5ms",
                "at: 2s, for: 500ms, throttle: random replica, cpus: 0.1", "at: 2500ms, kill: random replica",
                "at: 3s, for: 500ms, pause: random replica", "at: 3500ms, for: 500ms, cut: random replica",
            ]
            let text = definition(faults, replicas: 4, hold: "4s")
            try laboratory.write("1.yaml", text.replacing("  timeout: 2s", with: "  timeout: 2s\n  seed: 4242"))
            var runs: [[FaultRecord]] = []
            for _ in 0..<2 {
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                let measurement = try laboratory.measurement("01-faults")
                #expect(measurement.outcome == .measured, "\(ending.errors)")
                runs.append(try #require(measurement.faults))
                try FileManager.default.removeItem(atPath: laboratory.output)
            }
            #expect(runs[0].count == faults.count && runs.joined().allSatisfy { $0.trouble == nil }, "\(runs)")
            #expect(runs[0].map(\.fault) == runs[1].map(\.fault) && runs[0].map(\.part) == runs[1].map(\.part))
            #expect(Set(runs[0].map(\.part)).count > 1, "some are drawn")
            for record in runs.joined() { #expect(record.began >= record.fault.at - 0.01, "\(record)") }
        }

        // MARK: What is seen from outside

        /// `S`, `R`, `T` and so on (proc(5)); nil of a process that is gone.
        static func state(_ pid: Int32) -> String? {
            let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            return text?.split(separator: ")").last?.split(separator: " ").first.map { $0 == "R" ? "S" : String($0) }
        }

        /// In cores; nil without a limit.
        private static func quota(_ pid: Int32) -> Double? {
            let lines = ((try? String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8)) ?? "").split(
                separator: "\n")
            for line in lines {
                let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                guard parts.count == 3 else { continue }
                func number(_ file: String) -> Double? {
                    (try? String(contentsOfFile: file, encoding: .utf8)).flatMap {
                        Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
                    }
                }
                let first = "/sys/fs/cgroup/cpu\(parts[2])/cpu.cfs_"
                if parts[1].split(separator: ",").contains("cpu"), let quota = number(first + "quota_us"),
                    let period = number(first + "period_us"), quota > 0
                {
                    return quota / period
                }
                if parts[1].isEmpty,
                    let text = try? String(contentsOfFile: "/sys/fs/cgroup\(parts[2])/cpu.max", encoding: .utf8)
                {
                    let words = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
                    if words.count == 2 { return words[0] / words[1] }
                }
            }
            return nil
        }

        /// Programs that hold connections of a database.
        static func holders(in laboratory: Laboratory) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int32($0) != nil }
                .filter { pid in
                    guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"),
                        let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
                    else { return false }
                    // Of containers they are run where the program is.
                    return (folder + "/").hasPrefix(laboratory.folder + "/")
                        && line.split(separator: 0).dropFirst().first.map { String(decoding: $0, as: UTF8.self) }
                            == "hold"
                }
        }
    }
}

extension Laboratory {
    func measurement(_ name: String) throws -> Model.Measurement {
        try JSONDecoder().decode(Model.Measurement.self, from: Data(read("\(name)/record.json").utf8))
    }

    func samples(_ name: String) throws -> [SecondSample] {
        try read("\(name)/samples.jsonl").split(separator: "\n").map {
            try JSONDecoder().decode(SecondSample.self, from: Data($0.utf8))
        }
    }

    /// Every order of the first task that was acknowledged is in the database. One that was not may be there too.
    func expectNoOrderIsLost(_ name: String) throws {
        let facts = try #require(try measurement(name).dataset)
        let acknowledged = try samples(name).reduce(0) { $0 + ($1.tasks.first?.succeeded.count ?? 0) }
        let placed = try #require(facts.ordersAfter) - facts.ordersBefore
        #expect(acknowledged > 20 && placed >= acknowledged, "\(placed) placed, \(acknowledged) acknowledged")
    }
}
