import Foundation
import Synchronization
import TestSupport
import TestTarget
import Testing

extension OnRealServers {
    /// Loads that agents generate, which are programs of their own and may be killed and stopped.
    @Suite(.serialized) struct AgentLoadTests {
        private static func withServer(
            _ body: (Laboratory, _ base: String, TargetServer) async throws -> Void
        ) async throws {
            try await Laboratory.with { laboratory in
                try await TargetServer.with { (server, port) async throws in
                    try await body(laboratory, "http://127.0.0.1:\(port)", server)
                }
            }
        }

        private static func wait(for count: Int, at server: TargetServer) async throws {
            for _ in 0..<6000 where server.requestCount < count { try await Task.sleep(for: .milliseconds(10)) }
            try #require(server.requestCount >= count, "the load does not go on")
        }

        private static func answer(_ ending: Laboratory.Ending) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        }

        private static func steps(_ ending: Laboratory.Ending) throws -> [[String: Any]] {
            try #require(try answer(ending)["steps"] as? [[String: Any]])
        }

        /// Process ids of the agents that a program has started, in their order.
        private static func agents(of parent: Int32) -> [Int32] {
            let files = FileManager.default
            let all = ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
            return all.filter { pid in
                let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
                let command = files.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
                return status.contains("\nPPid:\t\(parent)\n") && command.split(separator: 0).last == Data("agent".utf8)
            }.sorted()
        }

        private static func isThere(_ pid: Int32) -> Bool {
            let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
            return !status.isEmpty && !status.contains("State:\tZ")
        }

        private static func expectGone(_ pids: [Int32], within seconds: Int = 10) async throws {
            for _ in 0..<seconds * 100 where pids.contains(where: isThere) {
                try await Task.sleep(for: .milliseconds(10))
            }
            for pid in pids where isThere(pid) {
                Issue.record("agent \(pid) is still there")
                kill(pid, SIGKILL)
            }
        }

        /// What the target counted is what the agents did together, and the pre-flight check of each.
        @Test(arguments: Tier.isFull ? [1, 2, 3] : [3])
        func whatAgentsSentIsWhatTheTargetGot(count: Int) async throws {
            try await Self.withServer { laboratory, base, server in
                let prefix = laboratory.output + "/run"
                let agents = Array(repeating: "local", count: count).joined(separator: ",")
                let started = Mutex<[Int32]>([])
                let ending = try await laboratory.storelab([
                    "load", base + "/fixed?ms=5", "--users", "30", "--think-time", "50ms..150ms", "--duration", "3s",
                    "--from", agents, "--json", "--csv", prefix,
                ]) { pid in
                    try await Self.wait(for: 100, at: server)
                    started.withLock { $0 = Self.agents(of: pid) }
                }
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(started.withLock(\.count) == count)
                try await Self.expectGone(started.withLock(\.self))
                let stats = try String(contentsOfFile: prefix + "_stats.csv", encoding: .utf8)
                let all = try #require(
                    stats.split(separator: "\r\n").last?.split(separator: ",", omittingEmptySubsequences: false))
                #expect(Int(all[2]) == server.requestCount - count)
                let answer = try Self.answer(ending)
                let reports = try #require(answer["agents"] as? [[String: Any]])
                #expect(reports.count == count && reports.allSatisfy { $0["loss"] == nil })
                #expect(reports.allSatisfy { ($0["clockBound"] as? Double ?? 1) < 0.1 })
                #expect(try Self.steps(ending).first?["users"] as? Int == 30)
            }
        }

        @Test(.long) func aLimitIsFoundByTwoAgents() async throws {
            try await Self.withServer { laboratory, base, _ in
                let ending = try await laboratory.storelab([
                    "load", base + "/refuse?rate=100&allowance=500", "--find-limit", "--limit",
                    "error_rate > 1% for 2s", "--hold", "4s", "--precision", "20%", "--think-time", "1s", "--from",
                    "20", "--from", "local,local", "--json",
                ])
                #expect(ending.code == 0, "\(ending.errors)")
                let limit = try #require(try Self.answer(ending)["limit"] as? [String: Any])
                #expect(limit["verdict"] as? String == "interval")
                // As for one process: `LoadTests.aLimitIsFound`.
                let (passed, failed) = (limit["passed"] as? Int ?? 0, limit["failed"] as? Int ?? 0)
                #expect(passed <= 120 && failed >= 100 && LoadTests.isAsPreciseAsAsked(limit), "\(limit)")
            }
        }

        /// Killed, or stopped so that it stays there and says nothing.
        @Test(arguments: [SIGKILL, SIGSTOP])
        func aLostAgentMakesItsStepInconclusiveAndTheOthersRepeatIt(signal: Int32) async throws {
            try await Self.withServer { laboratory, base, server in
                let started = Mutex<[Int32]>([])
                let ending = try await laboratory.storelab([
                    "load", base + "/ok", "--users", "20", "--think-time", "100ms", "--duration", "5s", "--from",
                    "local,local", "--json",
                ]) { pid in
                    // On the plateau: 200 requests a second.
                    try await Self.wait(for: 500, at: server)
                    let agents = Self.agents(of: pid)
                    started.withLock { $0 = agents }
                    try #require(agents.count == 2)
                    kill(agents[0], signal)
                }
                #expect(ending.code == 0, "\(ending.errors)")
                try await Self.expectGone(started.withLock(\.self))
                let steps = try Self.steps(ending)
                try #require(steps.count == 2, "\(ending.output)")
                #expect(steps[0]["verdict"] as? String == "INCONCLUSIVE")
                let reasons = (steps[0]["reasons"] as? [String] ?? []).joined()
                #expect(reasons.contains("the agent local "), "\(reasons)")
                #expect(
                    steps[1]["users"] as? Int == 20 && (steps[1]["total"] as? [String: Any])?["failed"] as? Int == 0)
                #expect(!(steps[1]["reasons"] as? [String] ?? []).joined().contains("was lost"))
                #expect(ending.errors.contains("was repeated by the agents that were left"), "\(ending.errors)")
                let losses = (try Self.answer(ending)["agents"] as? [[String: Any]] ?? []).compactMap {
                    $0["loss"] as? [String: Any]
                }
                #expect(losses.map { $0["cause"] as? String } == [signal == SIGKILL ? "ended" : "silent"])
            }
        }

        @Test(.long) func aLostAgentEndsTheLoadWhereThatIsAskedFor() async throws {
            try await Self.withServer { laboratory, base, server in
                let ending = try await laboratory.storelab([
                    "load", base + "/ok", "--users", "20", "--think-time", "100ms", "--duration", "60s", "--from",
                    "local,local", "--on-loss", "stop", "--json",
                ]) { pid in
                    try await Self.wait(for: 500, at: server)
                    if let agent = Self.agents(of: pid).last { kill(agent, SIGKILL) }
                }
                #expect(ending.code == 0, "\(ending.errors)")
                let steps = try Self.steps(ending)
                #expect(steps.count == 1 && steps.first?["verdict"] as? String == "INCONCLUSIVE")
                #expect(ending.errors.contains("which was stopped for it"), "\(ending.errors)")
            }
        }

        /// Nobody is there to end them: they end by themselves, and so does their load.
        @Test func agentsEndWithTheirController() async throws {
            try await Self.withServer { laboratory, base, server in
                let started = Mutex<[Int32]>([])
                _ = try await laboratory.storelab([
                    "load", base + "/ok", "--users", "20", "--think-time", "50ms", "--duration", "60s", "--from",
                    "local,local",
                ]) { pid in
                    try await Self.wait(for: 500, at: server)
                    started.withLock { $0 = Self.agents(of: pid) }
                    kill(pid, SIGKILL)
                }
                #expect(started.withLock(\.count) == 2)
                try await Self.expectGone(started.withLock(\.self), within: 6)
                let after = server.requestCount
                try await Task.sleep(for: .milliseconds(300))
                #expect(server.requestCount == after)
            }
        }

        @Test func interruptionShowsWhatAgentsMeasured() async throws {
            try await Self.withServer { laboratory, base, server in
                let started = Mutex<[Int32]>([])
                let ending = try await laboratory.storelab([
                    "load", base + "/fixed?ms=100", "--users", "5", "--think-time", "100ms", "--duration", "60s",
                    "--from", "local,local",
                ]) { pid in
                    try await Self.wait(for: 100, at: server)
                    started.withLock { $0 = Self.agents(of: pid) }
                    kill(pid, SIGINT)
                }
                #expect(ending.code == 130)
                #expect(ending.output.contains("5 users") && ending.output.contains("all tasks"), "\(ending.errors)")
                try await Self.expectGone(started.withLock(\.self))
            }
        }

        // MARK: Over SSH

        /// A program named ssh that runs the command here, as if it were on another machine with a home of its own.
        private static func ssh(in laboratory: Laboratory, _ script: String) throws -> [String: String] {
            let folder = laboratory.folder + "/bin"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/ssh"))
            chmod(folder + "/ssh", 0o755)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            return ["PATH": folder + ":" + path, "SSH_HOME": laboratory.folder + "/home"]
        }

        private static let faithful = """
            #!/bin/sh
            # The last argument is the command, the one before it the host.
            echo "$*" >> "$SSH_HOME.log"
            for word; do command=$word; done
            mkdir -p "$SSH_HOME"
            HOME=$SSH_HOME exec sh -c "$command"

            """

        /// Its clocks are of no account: instants are told by its own monotonic clock, latencies are differences.
        @Test(.enabled(if: Clocks.compiler != nil, "no C compiler is there"), arguments: [-240, 240])
        func anAgentWhoseWallClockIsWrongCountsAsAnyOther(shift: Int) async throws {
            try await Self.withServer { laboratory, base, server in
                let clock = try await Clocks.library(in: laboratory.folder, shift: shift)
                let environment = try Self.ssh(
                    in: laboratory, Self.faithful.replacing("exec sh", with: "LD_PRELOAD=\(clock) exec sh"))
                let prefix = laboratory.output + "/run"
                var before = 0
                // An agent of a busy machine may be late once; one whose instants were wrong would be lost each time.
                for attempt in 1...3 {
                    before = server.requestCount
                    let ending = try await laboratory.storelab(
                        [
                            "load", base + "/fixed?ms=20", "--users", "10", "--think-time", "50ms..150ms",
                            "--duration", "2s", "--from", "local,ssh://localhost", "--json", "--csv", prefix,
                        ], environment: environment)
                    #expect(ending.code == 0, "\(ending.errors)")
                    let agents = try #require(try Self.answer(ending)["agents"] as? [[String: Any]])
                    try #require(agents.count == 2)
                    if agents.allSatisfy({ $0["loss"] == nil }) { break }
                    try #require(attempt < 3, "\(agents)")
                }
                let stats = try String(contentsOfFile: prefix + "_stats.csv", encoding: .utf8)
                let lines = stats.split(separator: "\r\n").map {
                    $0.split(separator: ",", omittingEmptySubsequences: false)
                }
                let all = try #require(lines.last)
                #expect(Int(all[2]) == server.requestCount - before - 2 && Int(all[3]) == 0)
                // No latency of minutes, and none below zero: the target holds each answer for 20 ms.
                let (least, most) = (Double(all[6]) ?? 0, Double(all[7]) ?? .infinity)
                #expect(least >= 20 && most < 60_000, "\(all)")
            }
        }

        /// Stopped for most of the time, as a control group that is throttled is. Whatever becomes of it, no number stands as if
        /// nothing were the matter, and it is named.
        @Test func anAgentThatIsHeldUpIsNamed() async throws {
            try await Self.withServer { laboratory, base, server in
                let environment = try Self.ssh(
                    in: laboratory,
                    Self.faithful.replacing(
                        "mkdir", with: "case \"$command\" in *' agent'*) echo $$ > \"$SSH_HOME.pid\";; esac; mkdir"))
                let file = laboratory.folder + "/home.pid"
                let ending = try await laboratory.storelab(
                    [
                        "load", base + "/ok", "--rate", "200/s", "--duration", "6s", "--from", "local,ssh://localhost",
                        "--on-loss", "stop", "--json",
                    ], environment: environment
                ) { _ in
                    try await Self.wait(for: 100, at: server)
                    let text = try String(contentsOfFile: file, encoding: .utf8)
                    let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
                    while Self.isThere(pid) {
                        kill(pid, SIGSTOP)
                        try await Task.sleep(for: .milliseconds(400))
                        kill(pid, SIGCONT)
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
                #expect(ending.code == 0, "\(ending.errors)")
                let step = try #require(try Self.steps(ending).first)
                let verdict = step["verdict"] as? String ?? ""
                #expect(["GENERATOR-LIMITED", "INCONCLUSIVE"].contains(verdict), "\(ending.output)")
                let reasons = (step["reasons"] as? [String] ?? []).joined(separator: "\n")
                #expect(reasons.contains("agent ssh://localhost"), "\(reasons)")
                #expect(!reasons.contains("agent local"), "\(reasons)")
            }
        }

        @Test func theProgramIsSentOnceAndRuns() async throws {
            try await Self.withServer { laboratory, base, server in
                let environment = try Self.ssh(in: laboratory, Self.faithful)
                for round in 1...2 {
                    let ending = try await laboratory.storelab(
                        [
                            "load", base + "/ok", "--users", "4", "--think-time", "50ms", "--duration", "1s", "--from",
                            "local,ssh://ann@localhost:2222", "--json",
                        ], environment: environment)
                    #expect(ending.code == 0, "\(ending.errors)")
                    let names = (try Self.answer(ending)["agents"] as? [[String: Any]] ?? []).map {
                        $0["name"] as? String
                    }
                    #expect(names == ["local", "ssh://ann@localhost:2222"])
                    #expect(ending.errors.contains("sending this program") == (round == 1))
                }
                let log = try String(contentsOfFile: laboratory.folder + "/home.log", encoding: .utf8)
                #expect(log.contains("BatchMode=yes") && log.contains("-p 2222 ann@localhost"))
                let cache = laboratory.folder + "/home/.cache/storelab"
                let builds = try FileManager.default.contentsOfDirectory(atPath: cache)
                #expect(builds.count == 1 && builds.allSatisfy { $0.count == 32 })
            }
        }

        @Test(arguments: [
            (
                "echo 'ssh: connect to host localhost port 22: Connection refused' >&2; exit 255",
                "was not reached: ssh: connect"
            ),
            ("echo 'machine riscv64'; echo 'system Linux'; echo 'program absent'", "is another architecture, riscv64"),
            (
                "echo \"machine $(uname -m)\"; echo 'system Linux'; echo 'lacks libz.so.1'",
                "lacks libraries that the program needs: libz.so.1"
            ),
        ])
        func whatKeepsAnAgentFromAHostIsSaid(script: String, words: String) async throws {
            try await Self.withServer { laboratory, base, server in
                let environment = try Self.ssh(in: laboratory, "#!/bin/sh\n" + script + "\n")
                let ending = try await laboratory.storelab(
                    ["load", base + "/ok", "--from", "local,ssh://localhost"], environment: environment)
                #expect(ending.code == 3)
                #expect(ending.errors.contains(words), "\(ending.errors)")
                #expect(server.requestCount == 0)
            }
        }

        @Test func anAgentElsewhereCannotReachThisMachinesOwnAddress() async throws {
            try await Laboratory.with { laboratory in
                let ending = try await laboratory.storelab(["load", "http://127.0.0.1:1/", "--from", "ssh://lab1"])
                #expect(ending.code == 2)
                #expect(
                    ending.errors.contains("the agent ssh://lab1 is another machine and cannot reach 127.0.0.1:1"),
                    "\(ending.errors)")
            }
        }
    }
}
