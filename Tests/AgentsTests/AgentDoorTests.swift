import Agents
import Foundation
import LoadGenerator
import Model
import Synchronization
import TestSupport
import Testing

/// Agents that dial in, and callers that are turned away.
@Suite(.timed, .onServers, .timeLimit(.minutes(2))) struct AgentDoorTests {
    /// A door, what it tells, and a folder for certificates.
    private final class House: Sendable {
        let door: AgentDoor
        let folder: String
        private let told: Told

        final class Told: Sendable {
            let lines = Mutex<[String]>([])
        }

        init() throws {
            let told = Told()
            self.told = told
            door = try AgentDoor(host: "127.0.0.1", tell: { line in told.lines.withLock { $0.append(line) } })
            folder = FileManager.default.temporaryDirectory.path + "/storelab-door-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(door.invitation.certificate.utf8).write(to: URL(fileURLWithPath: certificate))
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        var certificate: String { folder + "/certificate" }

        /// Its bytes go over TLS.
        func dial(_ name: String, token: String? = nil, certificate: String? = nil) throws -> CInt {
            try AgentDial.connect(
                to: door.invitation.place, certificate: certificate ?? self.certificate,
                token: token ?? door.invitation.token, name: name)
        }

        func agent(_ name: String, build: String = "this") throws -> Task<Agent.Ending, Never> {
            let descriptor = try dial(name)
            let agent = Agent(
                channel: try PipeChannel(input: descriptor, output: dupped(descriptor)), build: build,
                make: LoadGenerator.partMaker)
            return Task { await agent.serve() }
        }

        func refusal() async throws -> String {
            for _ in 0..<2000 {
                if let line = told.lines.withLock({ $0.popLast() }) { return line }
                try await Task.sleep(for: .milliseconds(10))
            }
            throw Silent()
        }

        struct Silent: Error {}

        /// A fleet of the agents a, b …, which go by the ports 1, 2 … in the load.
        func fleet(of count: Int, port: Int, load: LoadDefinition) async throws -> any LoadSource {
            var load = load
            load.from = (1...count).map { .ssh(user: nil, host: "localhost", port: $0) }
            return try await AgentFleet.maker(
                build: { "this" },
                connect: { [door] address in
                    guard case .ssh(_, _, let port?) = address else { throw Silent() }
                    return try await door.agent(["a", "b"][port - 1], within: .seconds(30))
                })(Endpoint(host: "127.0.0.1", port: port), load)
        }
    }

    private static let load = LoadDefinition(
        tasks: [LoadTask(name: "a", weight: 1, method: .get, path: "/", expect: Check())],
        thinkTime: ThinkTime(minimum: 0.01, maximum: 0.02),
        shape: .ramp([LoadStage(users: 6, spawnRate: 100, hold: 1)]))

    @Test func agentsThatDialSendWhatTheTargetGets() async throws {
        let (house, server) = (try House(), try RecordingServer())
        defer { server.end() }
        // One is there before it is waited for.
        let first = try house.agent("a")
        async let source = house.fleet(of: 2, port: server.port, load: Self.load)
        let second = try house.agent("b")
        let fleet = try await source
        #expect(await fleet.preflight().allSatisfy { $0.failure == nil })
        let samples = fleet.start()
        fleet.setUsers(6, ratePerSecond: .infinity, thinkingFirst: false)
        var (sent, seconds) = (0, 0)
        for await sample in samples {
            sent += sample.tasks.reduce(0) { $0 + $1.started }
            seconds += 1
            if seconds == 2 { Task { _ = await fleet.stop() } }
        }
        let report = await fleet.stop()
        #expect(sent > 20 && server.requests.count == sent + 2)
        #expect(report.agents?.map(\.name) == ["ssh://localhost:1", "ssh://localhost:2"])
        #expect(report.agents?.allSatisfy { $0.loss == nil && $0.clockBound < 1 } == true)
        #expect(await first.value == .closed)
        #expect(await second.value == .closed)
    }

    /// As a pipe does: whatever its size, in both directions.
    @Test func whatIsCarriedArrivesWhole() async throws {
        let house = try House()
        let descriptor = try house.dial("a")
        let connection = try await house.door.agent("a", within: .seconds(30))
        let far = try PipeChannel(input: descriptor, output: dupped(descriptor))
        let frames = [1, 70_000, 3_000_000, 5].map { [UInt8](repeating: UInt8($0 % 251), count: $0) }
        far.listen { event in
            if case .frame(let bytes, _) = event { far.send(bytes) }
            if case .ended = event { far.close() }
        }
        let echoed = Mutex<[[UInt8]]>([])
        let (ends, ended) = AsyncStream.makeStream(of: FrameReader.Fault?.self)
        connection.channel.listen { event in
            switch event {
            case .frame(let bytes, _):
                let count = echoed.withLock { echoed in
                    echoed.append(bytes)
                    return echoed.count
                }
                if count == frames.count { connection.channel.close() }
            case .ended(let fault):
                ended.yield(fault)
                ended.finish()
            }
        }
        for frame in frames { connection.channel.send(frame) }
        for await fault in ends { #expect(fault == nil) }
        #expect(echoed.withLock(\.self) == frames)
    }

    @Test func anotherTokenIsRefused() async throws {
        let house = try House()
        let token = house.door.invitation.token
        for wrong in ["", String(token.dropLast()), String(token.reversed())] {
            closed(try house.dial("a", token: wrong))
            #expect(try await house.refusal().contains("its token is not that of this run"))
        }
        try await Self.expectOpen(house)
    }

    @Test func whoSpeaksNoTLSIsRefused() async throws {
        let house = try House()
        for text in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\0\0\0\u{2}{}"] {
            let descriptor = try #require(connected(to: house.door.invitation.place.port))
            #expect(written(Array(text.utf8), to: descriptor) == text.utf8.count)
            #expect(try await house.refusal().contains("does not speak TLS"))
            closed(descriptor)
        }
        try await Self.expectOpen(house)
    }

    /// An agent of another run, and a stranger in the place of the orchestrator.
    @Test func anotherCertificateIsTrustedByNobody() async throws {
        let (house, other) = (try House(), try House())
        let problem = #expect(throws: Problem.self) { try house.dial("a", certificate: other.certificate) }
        #expect(problem?.message.contains("could be secured with the certificate of the run") == true)
        try await Self.expectOpen(house)
    }

    @Test func aFirstMessageThatIsTooLongIsRefusedBeforeItIsThere() async throws {
        let house = try House()
        closed(try house.dial(String(repeating: "a", count: 5_000)))
        #expect(try await house.refusal().contains("its first message would have 5"))
        try await Self.expectOpen(house)
    }

    /// Of one that is let in, a frame that is too long ends its channel.
    @Test func anOversizedFrameEndsTheChannel() async throws {
        let house = try House()
        let descriptor = try house.dial("a")
        let connection = try await house.door.agent("a", within: .seconds(30))
        #expect(written([0xFF, 0xFF, 0xFF, 0xFF], to: descriptor) == 4)
        let (ends, ended) = AsyncStream.makeStream(of: FrameEvent.self)
        connection.channel.listen { ended.yield($0) }
        for await event in ends {
            #expect(event == .ended(.oversized(0xFFFF_FFFF)))
            break
        }
        connection.channel.close()
        connection.kill()
        closed(descriptor)
    }

    @Test func anotherBuildIsRefused() async throws {
        let house = try House()
        let agent = try house.agent("a", build: "other")
        let problem = await #expect(throws: Problem.self) {
            try await house.fleet(of: 1, port: 9, load: Self.load)
        }
        #expect(problem?.message.contains("is another build of StoreLab") == true)
        #expect(await agent.value == .closed)
    }

    @Test func anAgentThatDoesNotComeIsNamed() async throws {
        let house = try House()
        let late = await #expect(throws: Problem.self) {
            _ = try await house.door.agent("a", within: .milliseconds(10))
        }
        #expect(late?.message == "the agent a did not dial in")
        let why = Problem(.machine, "its node has no image")
        let broken = await #expect(throws: Problem.self) {
            _ = try await house.door.agent("a", within: .seconds(60), unless: { why })
        }
        #expect(broken == why)
    }

    /// As when its machine is gone: both ends hear of it.
    @Test func aConnectionThatIsCutEndsBothSides() async throws {
        let house = try House()
        let agent = try house.agent("a")
        let connection = try await house.door.agent("a", within: .seconds(30))
        connection.kill()
        #expect(await agent.value != .unheard)
        connection.channel.close()
    }

    private static func expectOpen(_ house: House) async throws {
        let agent = try house.agent("z")
        let connection = try await house.door.agent("z", within: .seconds(30))
        connection.channel.listen { _ in }
        connection.channel.close()
        #expect(await agent.value == .closed)
    }
}
