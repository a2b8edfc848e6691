import Agents
import Foundation
import LoadGenerator
import Model
import Synchronization
import TestSupport
import Testing

/// An agent by itself, at the end of a channel that others may misuse.
@Suite(.timed, .onServers, .timeLimit(.minutes(2))) struct AgentTests {
    /// What an agent has said.
    private final class Ear: Sendable {
        private let said = Mutex<[FromAgent]>([])

        func listen(to channel: PipeChannel) {
            channel.listen { [self] event in
                guard case .frame(let bytes, _) = event, let message = try? AgentCoding.read(FromAgent.self, bytes)
                else { return }
                said.withLock { $0.append(message) }
            }
        }

        func first(_ isIt: @Sendable (FromAgent) -> Bool) async throws -> FromAgent {
            for _ in 0..<1000 {
                if let found = said.withLock({ $0.first(where: isIt) }) { return found }
                try await Task.sleep(for: .milliseconds(10))
            }
            throw Silent()
        }

        struct Silent: Error {}
    }

    private static func agent(on channel: PipeChannel) -> Task<Agent.Ending, Never> {
        let agent = Agent(channel: channel, build: "this", make: LoadGenerator.partMaker)
        return Task { await agent.serve() }
    }

    @Test func whatIsNoMessageEndsIt() async throws {
        let (here, there) = try InProcessAgents.channels()
        let ending = Self.agent(on: there)
        here.send(Array("{\"sudo\":{}}".utf8))
        #expect(await ending.value == .garbled)
        here.close()
    }

    @Test func aStreamThatIsNoFramesEndsIt() async throws {
        let ends = try InProcessAgents.descriptors()
        let ending = Self.agent(on: try PipeChannel(input: ends.other, output: dupped(ends.other)))
        let bytes = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        #expect(written(bytes, to: ends.one) == bytes.count)
        #expect(await ending.value == .garbled)
        closed(ends.one)
    }

    /// The first plan names the only target of an agent's life.
    @Test func anotherTargetIsRefused() async throws {
        let (here, there) = try InProcessAgents.channels()
        let ending = Self.agent(on: there)
        let ear = Ear()
        ear.listen(to: here)
        let load = LoadDefinition(
            tasks: [LoadTask(name: "a", weight: 1, method: .get, path: "/", expect: Check())],
            thinkTime: ThinkTime(minimum: 1, maximum: 1), shape: .ramp([LoadStage(users: 1, spawnRate: 1, hold: 1)]))
        for host in ["127.0.0.1", "127.0.0.2"] {
            for message in try AgentTests.plan(load, host: host) { here.send(try AgentCoding.bytes(of: message)) }
        }
        _ = try await ear.first { $0 == .ready }
        let refusal = try await ear.first { if case .refused = $0 { true } else { false } }
        guard case .refused(let reason) = refusal else { return }
        #expect(reason.message == "An agent loads one target in its life, and another was asked for.")
        here.close()
        #expect(await ending.value == .closed)
    }

    private static func plan(_ load: LoadDefinition, host: String) throws -> [ToAgent] {
        let bytes = try AgentCoding.bytes(of: load)
        return [
            .file(number: 0, bytes: Data(bytes)),
            .plan(
                AgentPlan(
                    target: AgentTarget(host: host, port: 9), load: 0, part: .whole, threads: 1, sessions: 10,
                    bodies: [:])),
        ]
    }

    /// Nobody pings any more, and the channel stays open, as when a cable is cut.
    @Test func silenceEndsItsLoad() async throws {
        let server = try RecordingServer()
        defer { server.end() }
        let (here, there) = try InProcessAgents.channels()
        let ending = Self.agent(on: there)
        let ear = Ear()
        ear.listen(to: here)
        let load = LoadDefinition(
            tasks: [LoadTask(name: "a", weight: 1, method: .get, path: "/", expect: Check())],
            thinkTime: ThinkTime(minimum: 0.05, maximum: 0.05),
            shape: .ramp([LoadStage(users: 2, spawnRate: 1, hold: 1)]))
        let plan: [ToAgent] = [
            .file(number: 0, bytes: Data(try AgentCoding.bytes(of: load))),
            .plan(
                AgentPlan(
                    target: AgentTarget(host: "127.0.0.1", port: server.port), load: 0, part: .whole, threads: 1,
                    sessions: 10, bodies: [:])),
            .ping(1),
        ]
        for message in plan { here.send(try AgentCoding.bytes(of: message)) }
        guard case .pong(_, let now) = try await ear.first({ if case .pong = $0 { true } else { false } }) else {
            return
        }
        here.send(try AgentCoding.bytes(of: ToAgent.start(at: now)))
        here.send(try AgentCoding.bytes(of: ToAgent.setUsers(2, perSecond: nil, thinkingFirst: false, at: now)))
        _ = try await ear.first { if case .second = $0 { true } else { false } }
        let during = server.requests.count
        #expect(during > 0)
        #expect(await ending.value == .unheard)
        let after = server.requests.count
        #expect(after > during)
        try await Task.sleep(for: .milliseconds(500))
        #expect(server.requests.count == after)
        here.close()
    }
}
