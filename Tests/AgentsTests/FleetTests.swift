import Agents
import LoadGenerator
import Model
import TestSupport
import Testing

/// Loads from several agents, on a server that remembers what came.
@Suite(.timed, .onServers, .timeLimit(.minutes(5))) struct FleetTests {
    private static let random = BodyTemplate(
        share: 1,
        pieces: [
            .text("{\"id\":\""), .uuid, .text("\",\"n\":"), .randomInteger(1...1_000_000), .text(",\"c\":\""),
            .choice(["red", "green", "blue"]), .text("\"}"),
        ])

    private static func load(_ shape: LoadShape, think: Seconds = 60) -> LoadDefinition {
        LoadDefinition(
            tasks: [
                LoadTask(
                    name: "read", weight: 3, method: .get, path: "/read/",
                    pathPieces: [.text("/read/"), .randomInteger(1...100_000)], expect: Check()),
                LoadTask(name: "write", weight: 1, method: .post, path: "/write", bodies: [random], expect: Check()),
            ], thinkTime: ThinkTime(minimum: think, maximum: think), shape: shape, timeout: 5, seed: 7)
    }

    private struct Ending {
        /// What came after the pre-flight check.
        var requests: [String]
        var samples: [SecondSample]
        var report: GeneratorReport

        func started(_ task: Int) -> Int { samples.reduce(0) { $0 + $1.tasks[task].started } }
    }

    /// - Parameter agents: 0 for a generator without any.
    private static func run(
        _ load: LoadDefinition, agents: Int, _ drive: @Sendable (any LoadSource, RecordingServer) async throws -> Void
    ) async throws -> Ending {
        let server = try RecordingServer()
        defer { server.end() }
        let all = InProcessAgents()
        let source: any LoadSource =
            agents == 0
            ? try LoadGenerator(endpoint: Endpoint(host: "127.0.0.1", port: server.port), load: load)
            : try await all.fleet(of: agents, port: server.port, load: load)
        let preflight = await source.preflight()
        #expect(preflight.allSatisfy { $0.failure == nil })
        #expect(preflight.count == 2 * max(1, agents))
        let before = server.requests.count
        let samples = Task { [stream = source.start()] in
            var samples: [SecondSample] = []
            for await sample in stream { samples.append(sample) }
            return samples
        }
        try await drive(source, server)
        let report = await source.stop()
        let ending = Ending(
            requests: Array(server.requests[before...]), samples: await samples.value, report: report)
        let endings = await all.endings()
        #expect(endings == Array(repeating: .closed, count: agents))
        return ending
    }

    private static func wait(for count: Int, at server: RecordingServer) async throws {
        for _ in 0..<3000 where server.requests.count < count { try await Task.sleep(for: .milliseconds(10)) }
        try #require(server.requests.count >= count, "the load does not go on")
    }

    private static func counts(_ requests: [String]) -> [String: Int] {
        requests.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// Each user sends one request, and thinks until the end.
    @Test func usersSendTheSameFromOneProcessOrThree() async throws {
        let load = Self.load(.ramp([LoadStage(users: 60, spawnRate: 100, hold: 5)]))
        var seen: [[String: Int]] = []
        for agents in 0...3 {
            let ending = try await Self.run(load, agents: agents) { source, server in
                source.setUsers(60, ratePerSecond: 200, thinkingFirst: false)
                try await Self.wait(for: 60 + 2 * max(1, agents), at: server)
            }
            #expect(ending.requests.count == 60)
            let counts = ["GET /read", "POST /write"].map { task in ending.requests.count { $0.hasPrefix(task) } }
            #expect(counts == [ending.started(0), ending.started(1)])
            #expect(ending.report.sent == 60)
            #expect(ending.samples.map(\.second) == Array(0..<ending.samples.count))
            if agents > 0 {
                #expect(ending.report.agents?.count == agents)
                // In the last, broken second one may have ended a moment before it began.
                #expect(ending.samples.dropLast().allSatisfy { $0.generator?.agents?.count == agents })
            }
            seen.append(Self.counts(ending.requests))
        }
        #expect(seen.allSatisfy { $0 == seen[0] })
    }

    /// What is sent of an open load depends on its number alone. How many have been sent at the end is a matter of time, so
    /// that of two loads the shorter is held against the longer.
    @Test(arguments: [ArrivalLaw.constant, .poisson])
    func arrivalsAreTheSameFromOneProcessOrThree(law: ArrivalLaw) async throws {
        let load = Self.load(.rate([RateStage(perSecond: 200, hold: 5)], arrivals: law), think: 0)
        var seen: [[String]] = []
        // On a busy machine a fleet has sent hundreds more before it is told to stop.
        for (agents, most) in [(0, 1200), (1, 250), (2, 250), (3, 250)] {
            let ending = try await Self.run(load, agents: agents) { source, server in
                source.setRate(200, over: 0)
                try await Self.wait(for: most + 2 * max(1, agents), at: server)
            }
            let counts = ["GET /read", "POST /write"].map { task in ending.requests.count { $0.hasPrefix(task) } }
            #expect(counts == [ending.started(0), ending.started(1)])
            seen.append(ending.requests)
        }
        let longest = Self.counts(seen[0])
        for requests in seen[1...] {
            let own = Self.counts(requests)
            #expect(own.allSatisfy { longest[$0.key, default: 0] >= $0.value })
            // None is left out: the first hundred of one process are there whoever sends them.
            #expect(Self.counts(Array(seen[0].prefix(100))).allSatisfy { own[$0.key, default: 0] >= $0.value })
        }
    }

    /// Numbers and rows are never used twice, and none is left out.
    @Test func sequencesAreSharedOut() async throws {
        var load = Self.load(.rate([RateStage(perSecond: 100, hold: 5)], arrivals: .constant), think: 0)
        load.tasks = [
            LoadTask(
                name: "a", weight: 1, method: .get, path: "/", pathPieces: [.text("/"), .sequence(from: 0)],
                expect: Check()),
            LoadTask(
                name: "b", weight: 1, method: .get, path: "/", pathPieces: [.text("/"), .sequence(from: 0)],
                expect: Check()),
        ]
        let ending = try await Self.run(load, agents: 3) { source, server in
            source.setRate(100, over: 0)
            try await Self.wait(for: 156, at: server)
        }
        let numbers = ending.requests.compactMap { Int($0.dropFirst(5).prefix { $0.isNumber }) }
        #expect(numbers.count >= 150 && Set(numbers).count == numbers.count)
        // Each of three agents has used two in its pre-flight check; at the end one may be some requests ahead.
        #expect(Set(6..<126).isSubset(of: numbers))
    }

    @Test func anotherBuildIsRefused() async throws {
        let server = try RecordingServer()
        defer { server.end() }
        let agents = InProcessAgents(build: "other")
        let load = Self.load(.ramp([LoadStage(users: 1, spawnRate: 1, hold: 1)]))
        let problem = await #expect(throws: Problem.self) {
            try await agents.fleet(of: 2, port: server.port, load: load)
        }
        #expect(problem?.message.contains("is another build of StoreLab") == true)
        #expect(await agents.endings() == [.closed, .closed])
        #expect(server.requests == [])
    }

    /// An agent that is gone: its seconds say so, the others go on without moving, and share the load out when asked.
    @Test func aLossIsSeenAndTheRestCanGoOn() async throws {
        let server = try RecordingServer()
        defer { server.end() }
        let agents = InProcessAgents()
        let load = Self.load(.ramp([LoadStage(users: 30, spawnRate: 100, hold: 5)]), think: 0.1)
        let source = try await agents.fleet(of: 3, port: server.port, load: load)
        _ = await source.preflight()
        var iterator = source.start().makeAsyncIterator()
        source.setUsers(30, ratePerSecond: .infinity, thinkingFirst: false)
        var users: [Int] = []
        var sample = await iterator.next()
        while let second = sample, second.users < 30 { sample = await iterator.next() }
        agents.kill(2)
        while let second = sample, second.generator?.lost == nil { sample = await iterator.next() }
        let reduced = try #require(sample)
        #expect(reduced.generator?.lost == ["ssh://localhost:2"] && reduced.users == 20)
        users.append(try #require(await iterator.next()).users)
        #expect(users == [20])
        source.setUsers(0, ratePerSecond: .infinity, thinkingFirst: false)
        while await !source.isQuiet() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(await source.regroup() && source.failure == nil)
        source.setUsers(30, ratePerSecond: .infinity, thinkingFirst: false)
        sample = await iterator.next()
        while let second = sample, second.users < 30 { sample = await iterator.next() }
        #expect(sample?.generator?.lost == nil)
        #expect(sample?.generator?.agents?.map(\.name) == ["ssh://localhost:1", "ssh://localhost:3"])
        let report = await source.stop()
        #expect(report.agents?.map { $0.loss?.cause } == [nil, .ended, nil])
        #expect(await agents.endings().count == 3)
    }

    @Test func withoutAnyAgentTheLoadEndsAndSaysWhy() async throws {
        let server = try RecordingServer()
        defer { server.end() }
        let agents = InProcessAgents()
        let load = Self.load(.ramp([LoadStage(users: 3, spawnRate: 100, hold: 5)]), think: 0.1)
        let source = try await agents.fleet(of: 1, port: server.port, load: load)
        var iterator = source.start().makeAsyncIterator()
        source.setUsers(3, ratePerSecond: .infinity, thinkingFirst: false)
        _ = await iterator.next()
        agents.kill(1)
        var sample = await iterator.next()
        while let second = sample, second.generator?.lost == nil { sample = await iterator.next() }
        #expect(sample?.users == 0)
        #expect(await source.isQuiet())
        #expect(await !source.regroup())
        #expect(
            source.failure?.message.hasPrefix("every agent was lost: ssh://localhost:1 (its connection ended in second")
                == true)
        _ = await source.stop()
    }
}
