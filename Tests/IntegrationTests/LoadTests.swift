import Foundation
import Synchronization
import TestSupport
import TestTarget
import Testing

extension OnRealServers {
    /// `storelab load` as its users run it, on servers whose truth is known.
    @Suite(.serialized) struct LoadTests {
        private static func with(
            _ body: (Laboratory, _ base: String) async throws -> Void
        ) async throws {
            try await Laboratory.with { laboratory in
                try await TargetServer.with { (_, port) async throws in
                    try await body(laboratory, "http://127.0.0.1:\(port)")
                }
            }
        }

        /// With a server whose requests can be counted.
        private static func withServer(
            _ body: (Laboratory, _ base: String, TargetServer) async throws -> Void
        ) async throws {
            try await Laboratory.with { laboratory in
                try await TargetServer.with { (server, port) async throws in
                    try await body(laboratory, "http://127.0.0.1:\(port)", server)
                }
            }
        }

        /// Waits until so many requests have come.
        private static func wait(for count: Int, at server: TargetServer) async throws {
            for _ in 0..<6000 where server.requestCount < count { try await Task.sleep(for: .milliseconds(10)) }
            try #require(server.requestCount >= count, "the load does not go on")
        }

        private static func answer(_ ending: Laboratory.Ending) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        }

        @Test func aPlateauIsMeasuredAndWrittenInThreeForms() async throws {
            try await Self.with { laboratory, base in
                let prefix = laboratory.output + "/run"
                let ending = try await laboratory.storelab([
                    "load", base + "/status?code=503&share=0.1", "--users", "10", "--think-time", "20ms", "--duration",
                    "2s", "--json", "--csv", prefix, "--fail-if", "error_rate > 1%", "--fail-if", "p95 > 4s",
                ])
                #expect(ending.code == 4, "\(ending.errors)")
                let answer = try Self.answer(ending)
                let step = try #require((answer["steps"] as? [[String: Any]])?.first)
                let total = try #require(step["total"] as? [String: Any])
                let (requests, failed) = (total["requests"] as? Int ?? 0, total["failed"] as? Int ?? 0)
                // Five standard deviations of a binomial law.
                let spread = (Double(requests) * 0.1 * 0.9).squareRoot()
                #expect(requests > 20 && abs(Double(failed) - 0.1 * Double(requests)) < 5 * spread)
                #expect((total["failures"] as? [String: Int])?["status 503"] == failed)
                let met = (answer["expectations"] as? [[String: Any]] ?? []).compactMap { $0["met"] as? Bool }
                #expect(met == [true, false])

                let stats = try String(contentsOfFile: prefix + "_stats.csv", encoding: .utf8)
                let lines = stats.split(separator: "\r\n").map {
                    $0.split(separator: ",", omittingEmptySubsequences: false)
                }
                #expect(lines.map { $0[1] } == ["Name", "/status?code=503&share=0.1", "Aggregated"])
                #expect(lines.allSatisfy { $0.count == 22 })
                // The whole load is in the files: the plateau and what came before it.
                #expect(Int(lines[2][2]).map { $0 > requests } == true)
                let failures = try String(contentsOfFile: prefix + "_failures.csv", encoding: .utf8)
                #expect(failures.hasPrefix("Method,Name,Error,Occurrences,First Seen,Last Seen\r\nGET,"))
            }
        }

        @Test func anAnswerThatIsLostIsNoSuccess() async throws {
            let program = Laboratory.programs + "/storelab"
            for (ending, sink) in [(Int32(3), "/dev/full"), (0, "/dev/null")] {
                let shell = Process()
                shell.executableURL = URL(fileURLWithPath: "/bin/sh")
                shell.arguments = ["-c", "exec \"$0\" --version > \(sink) 2> /dev/null", program]
                try shell.run()
                shell.waitUntilExit()
                #expect(shell.terminationStatus == ending)
            }
        }

        @Test func aLimitIsFound() async throws {
            try await Self.with { laboratory, base in
                let ending = try await laboratory.storelab([
                    "load", base + "/refuse?rate=100&allowance=500", "--find-limit", "--limit",
                    "error_rate > 1% for 2s", "--hold", "3s", "--precision", "20%", "--think-time", "1s", "--from",
                    "50", "--json",
                ])
                #expect(ending.code == 0, "\(ending.errors)")
                let limit = try #require(try Self.answer(ending)["limit"] as? [String: Any])
                #expect(limit["verdict"] as? String == "interval")
                // N = X (Z + R) = 100 · (1 + 0), and what half a second's allowance lets pass in three seconds. It counts
                // requests, so that a busy machine, which delays them by some milliseconds, changes little.
                let (passed, failed) = (limit["passed"] as? Int ?? 0, limit["failed"] as? Int ?? 0)
                #expect(passed <= 120 && failed >= 100 && Self.isAsPreciseAsAsked(limit), "\(limit)")
            }
        }

        /// Whether the estimate's interval is as narrow as asked, 20 % and a fifth of that, or each number of users is at most
        /// 20 % above the one before it, from the largest that passed to the smallest that failed, and those that did both in
        /// between: a search ends with either.
        static func isAsPreciseAsAsked(_ limit: [String: Any]) -> Bool {
            if let estimate = limit["estimate"] as? [String: Any],
                let lower = estimate["lower"] as? Double, let upper = estimate["upper"] as? Double,
                upper <= 1.24 * lower
            {
                return true
            }
            guard let passed = limit["passed"] as? Int, let failed = limit["failed"] as? Int else { return false }
            let between = (limit["contradictions"] as? [Int] ?? []).filter { passed < $0 && $0 < failed }.sorted()
            return zip([passed] + between, between + [failed]).allSatisfy { $1 <= $0 + max(1, $0 / 5 + 1) }
        }

        @Test func anApplicationThatDiesIsSaidToHaveDied() async throws {
            try await Self.with { laboratory, base in
                let ending = try await laboratory.storelab([
                    "load", base + "/die?connections=40", "--find-limit", "--hold", "2s", "--limit",
                    "error_rate > 1% for 1s", "--think-time", "100ms", "--from", "10", "--json",
                ])
                #expect(ending.code == 0, "\(ending.errors)")
                let limit = try #require(try Self.answer(ending)["limit"] as? [String: Any])
                // Where 40 users are slow on a busy machine, the climb goes on to 80.
                #expect([40, 80, 160].contains(limit["diedAt"] as? Int), "\(limit)")
                #expect((limit["words"] as? String)?.contains("it died") == true)
            }
        }

        /// Whether it waits for its target meanwhile or not.
        @Test(arguments: [("/ok", 0.02), ("/fixed?ms=5", 0.02)])
        func aStarvedGeneratorNeverCallsItsLimitTheApplications(path: String, cores: Double) async throws {
            guard let group = try StarvedGroup(cores: cores) else { return }
            defer { group.remove() }
            try await Self.with { laboratory, base in
                let ending = try await laboratory.storelab([
                    "load", base + path, "--connections", "50", "--duration", "4s", "--json",
                ]) { pid in try group.add(pid) }
                #expect(ending.code == 0, "\(ending.errors)")
                let answer = try Self.answer(ending)
                #expect(answer["verdict"] as? String == "GENERATOR-LIMITED", "\(ending.output)")
            }
        }

        /// A limit on CPU that leaves room for what there is to do.
        @Test func aSlowTargetIsNotTheGeneratorsLimit() async throws {
            guard let group = try StarvedGroup(cores: 0.5) else { return }
            defer { group.remove() }
            try await Self.with { laboratory, base in
                let ending = try await laboratory.storelab([
                    "load", base + "/queue?rate=100", "--connections", "20", "--duration", "4s", "--json",
                ]) { pid in try group.add(pid) }
                #expect(ending.code == 0, "\(ending.errors)")
                let answer = try Self.answer(ending)
                #expect(answer["verdict"] as? String != "GENERATOR-LIMITED", "\(ending.output)")
            }
        }

        @Test(arguments: [[], ["--arrivals", "poisson", "--ramp", "1s"]])
        func requestsArriveAtARate(options: [String]) async throws {
            try await Self.with { laboratory, base in
                let arguments = ["load", base + "/fixed?ms=300", "--rate", "100/s", "--duration", "3s"] + options
                let ending = try await laboratory.storelab(arguments + ["--json"])
                #expect(ending.code == 0, "\(ending.errors)")
                let answer = try Self.answer(ending)
                let step = try #require((answer["steps"] as? [[String: Any]])?.first)
                #expect(step["arrivalsPerSecond"] as? Double == 100 && step["users"] == nil)
                let requests = (step["total"] as? [String: Any])?["requests"] as? Int ?? 0
                // Thirty are on their way at any time; five standard deviations of a Poisson law.
                #expect(abs(requests - 300) < 40 + 87, "\(requests)")
                let text = try await laboratory.storelab(arguments)
                #expect(text.output.contains("at 100 arrivals/s:") && !text.output.contains("users"))
            }
        }

        @Test func aGeneratorThatStoodStillAddsNothingToALatency() async throws {
            let stoodStill = Mutex(0.0)
            try await Self.withServer { laboratory, base, server in
                let ending = try await laboratory.storelab([
                    "load", base + "/fixed?ms=200", "--users", "1", "--duration", "6s", "--json",
                ]) { pid in
                    // On the plateau, with a request under way.
                    try await Self.wait(for: 15, at: server)
                    let began = ContinuousClock.now
                    kill(pid, SIGSTOP)
                    try await Task.sleep(for: .milliseconds(900))
                    kill(pid, SIGCONT)
                    stoodStill.withLock { $0 = (ContinuousClock.now - began) / .seconds(1) }
                }
                let answer = try Self.answer(ending)
                let total = try #require((answer["steps"] as? [[String: Any]])?.first?["total"] as? [String: Any])
                // The answer that came meanwhile counts from when it was there, not from when it was read.
                let longest = try #require(total["max"] as? Double)
                #expect(longest >= 0.2 && longest < stoodStill.withLock(\.self), "\(total)")
                #expect(answer["verdict"] as? String == "INCONCLUSIVE")
            }
        }

        @Test func interruptionShowsWhatWasMeasured() async throws {
            try await Self.withServer { laboratory, base, server in
                let ending = try await laboratory.storelab([
                    "load", base + "/fixed?ms=100", "--users", "5", "--think-time", "100ms", "--duration", "60s",
                ]) { pid in
                    // Twenty-five a second: at least four seconds of load.
                    try await Self.wait(for: 100, at: server)
                    kill(pid, SIGINT)
                }
                #expect(ending.code == 130)
                #expect(ending.output.contains("5 users") && ending.output.contains("all tasks"))
            }
        }

        /// What is wrong, `UsageTests` tries without the program.
        @Test func wrongUsageStartsNothing() async throws {
            try await Laboratory.with { laboratory in
                let ending = try await laboratory.storelab(["load", "http://127.0.0.1:1/", "--ramp", "5s"])
                #expect(ending.code == 2, "\(ending.errors)")
                #expect(ending.output.isEmpty && ending.errors.contains("--ramp needs --rate"))
            }
        }

        @Test func nobodyThereIsNotMeasured() async throws {
            try await Laboratory.with { laboratory in
                let ending = try await laboratory.storelab(["load", "http://127.0.0.1:1/"])
                #expect(ending.code == 1)
                #expect(ending.errors.contains("fails before any load"))
            }
        }
    }
}

/// A control group with little CPU (cgroup v1 or v2); nil where none can be made.
private struct StarvedGroup: Sendable {
    private let path: String

    init?(cores: Double) throws {
        let isSecond = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
        path = "/sys/fs/cgroup/\(isSecond ? "" : "cpu/")test-\(UUID().uuidString.prefix(8))"
        guard mkdir(path, 0o755) == 0 else { return nil }
        do {
            let quota = Int(cores * 100_000)
            if isSecond {
                try Self.write("\(quota) 100000", to: path + "/cpu.max")
            } else {
                try Self.write("100000", to: path + "/cpu.cfs_period_us")
                try Self.write("\(quota)", to: path + "/cpu.cfs_quota_us")
            }
        } catch {
            rmdir(path)
            return nil
        }
    }

    func add(_ pid: Int32) throws { try Self.write("\(pid)", to: path + "/cgroup.procs") }

    func remove() { rmdir(path) }

    private static func write(_ text: String, to file: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }
}
