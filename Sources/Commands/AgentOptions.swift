import Agents
import Foundation
import LoadGenerator
import Model
import Stacks
import Synchronization

/// Which agents generate a load, and how they are started.
enum AgentOptions {
    /// - Parameter texts: each with one address or several, separated by commas.
    /// - Returns: nil where there are none.
    /// - Throws: a `Problem` of usage.
    static func addresses(_ texts: [String]) throws -> [AgentAddress]? {
        let names = texts.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
        guard !names.isEmpty else {
            guard texts.isEmpty else { throw unreadable(texts[0]) }
            return nil
        }
        guard names.count <= 100 else { throw Problem(.usage, "--from takes 100 agents at most") }
        return try names.map { name in
            guard let address = AgentAddress(name) else { throw unreadable(name) }
            return address
        }
    }

    private static func unreadable(_ name: String) -> Problem {
        Problem(
            .usage, "--from: \"\(name)\" is no agent",
            nextStep: "Write \(AgentAddress.forms); several separated by commas.")
    }

    static func policy(_ text: String?) throws -> AgentLossPolicy? {
        guard let text else { return nil }
        guard let policy = AgentLossPolicy(rawValue: text) else {
            throw Problem(.usage, "--on-loss takes repeat or stop, not \(text)")
        }
        return policy
    }

    /// Makes what generates a load: the agents that it names; else agents on the nodes of the stack's swarm that carry nothing,
    /// where there are such; else a generator in this process.
    /// - Parameter swarm: has the stack; nil where it is on no swarm.
    static func maker(threads: Int = 1, swarm: SwarmAgents? = nil) -> MakeLoadSource {
        let program = Self.program
        let known = BuildOnce(program)
        let launcher = AgentLauncher(
            program: program, build: known.build, containers: { try await container(for: $0, program: program) },
            nodes: swarm.map(nodes), tell: { Terminal.tell("storelab: \($0)") })
        let here = LoadGenerator.maker(LoadOptions(threads: threads))
        let agents = AgentFleet.maker(build: known.build, threads: threads, connect: launcher.connect)
        return { endpoint, load in
            var load = load
            if load.from == nil, let idle = swarm?.idleNodes, !idle.isEmpty {
                Terminal.tell("storelab: the load comes from agents on the nodes \(idle.joined(separator: ", "))")
                load.from = idle.map { .node($0) }
            }
            return try await load.from == nil ? here(endpoint, load) : agents(endpoint, load)
        }
    }

    private static func container(for context: String, program: String) async throws -> AgentContainer {
        let calls = try await ContainerAgents(
            home: try Places().home, executable: program, tell: { Terminal.tell("storelab: \($0)") }
        ).prepare(context)
        return AgentContainer(executable: calls.executable, run: calls.run, remove: calls.remove)
    }

    private static func nodes(of swarm: SwarmAgents) -> AgentNodes {
        AgentNodes(
            swarm: {
                AgentNodes.Swarm(
                    address: swarm.address,
                    start: { node, invitation in
                        try await swarm.start(
                            on: node, dial: invitation.address, certificate: invitation.certificate,
                            token: invitation.token)
                    }, obstacle: { await swarm.obstacle(on: $0) }, remove: { await swarm.remove(from: $0) })
            }, tell: { Terminal.tell("storelab: \($0)") })
    }

    /// Path of this program.
    static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}

/// The build of a program, found out when it is first asked for: it reads the whole file.
private final class BuildOnce: Sendable {
    private let program: String
    private let known = Mutex<String?>(nil)

    init(_ program: String) { self.program = program }

    @Sendable func build() throws -> String {
        try known.withLock { known in
            if let known { return known }
            let build = try BuildID.of(program: program)
            known = build
            return build
        }
    }
}
