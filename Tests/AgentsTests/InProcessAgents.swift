import Agents
import Glibc
import LoadGenerator
import Model
import Synchronization

/// Agents in this process, at the other end of pairs of sockets.
final class InProcessAgents: Sendable {
    private struct State: Sendable {
        /// By the ports of their addresses, which tell them apart.
        var connections: [Int: AgentConnection] = [:]
        var endings: [Task<Agent.Ending, Never>] = []
    }

    private let build: String
    private let make: MakePartialLoadSource
    private let state = Mutex(State())

    init(build: String = "this", make: @escaping MakePartialLoadSource = LoadGenerator.partMaker) {
        (self.build, self.make) = (build, make)
    }

    struct NoSocket: Error {}

    /// Two ends of one channel.
    static func channels() throws -> (PipeChannel, PipeChannel) {
        let ends = try descriptors()
        return (
            try PipeChannel(input: ends.one, output: dup(ends.one)),
            try PipeChannel(input: ends.other, output: dup(ends.other))
        )
    }

    static func descriptors() throws -> (one: CInt, other: CInt) {
        var pair: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw NoSocket()
        }
        return (pair[0], pair[1])
    }

    @Sendable func connect(_ address: AgentAddress) async throws -> AgentConnection {
        let ends = try Self.descriptors()
        let agent = Agent(
            channel: try PipeChannel(input: ends.other, output: dup(ends.other)), build: build, make: make)
        let one = dup(ends.one)
        let connection = AgentConnection(
            channel: try PipeChannel(input: ends.one, output: dup(ends.one)),
            kill: {
                shutdown(one, CInt(SHUT_RDWR))
            })
        state.withLock { state in
            if case .ssh(_, _, let port?) = address { state.connections[port] = connection }
            state.endings.append(Task { await agent.serve() })
        }
        return connection
    }

    /// As when its machine is gone.
    func kill(_ number: Int) { state.withLock { $0.connections[number] }?.kill() }

    /// How the agents ended, once all have.
    func endings() async -> [Agent.Ending] {
        var endings: [Agent.Ending] = []
        for task in state.withLock({ $0.endings }) { endings.append(await task.value) }
        return endings
    }

    /// Agents `ssh://localhost:1` and so on, which are not reached by SSH here.
    func fleet(of count: Int, port: Int, load: LoadDefinition) async throws -> any LoadSource {
        var load = load
        load.from = (1...count).map { .ssh(user: nil, host: "localhost", port: $0) }
        return try await AgentFleet.maker(build: { "this" }, connect: connect)(
            Endpoint(host: "127.0.0.1", port: port), load)
    }
}
