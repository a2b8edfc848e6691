package import Model

extension AgentLink {
    /// Sends the load, of which the agent makes its part.
    /// - Throws: a `Problem` of an agent that cannot, or is lost.
    func take(_ load: OutgoingLoad, _ part: LoadPart) async throws {
        let messages = load.messages(for: part)
        for message in messages.dropLast() { send(message) }
        switch await ask(messages.last, within: .seconds(120)) {
        case .ready: break
        case .refused(let refusal): throw refusal.problem(of: name)
        case nil: throw await ended()
        default: throw Problem(.machine, "agent \(name) answered what was not asked")
        }
    }

    private func ended() async -> Problem {
        let words = await complaint()
        return Problem(
            .machine, "agent \(name) ended before the load" + (words.isEmpty ? "" : ": \(words)"),
            nextStep: "Leave it out of from, or repair the way to it.")
    }

    /// Hears what the agent is.
    /// - Throws: a `Problem` of one that is another program, or says nothing.
    func greet(build: String) async throws -> AgentMachine {
        switch await ask(nil, within: .seconds(30)) {
        case .hello(let hello):
            guard hello.messages == AgentHello.currentMessages, hello.build == build else {
                throw Problem(
                    .machine,
                    "agent \(name) is another build of StoreLab (version \(hello.version)), and is refused",
                    nextStep: "Agents are to be the very same program.")
            }
            await compareClocks()
            return hello.machine
        case nil: throw await ended()
        default: throw Problem(.machine, "agent \(name) does not greet, so it is no agent")
        }
    }
}

extension AgentFleet {
    /// Makes fleets of the agents that a load names.
    /// - Parameters:
    ///   - build: that agents must be.
    ///   - threads: that each agent sends with.
    package static func maker(
        build: @escaping @Sendable () throws -> String, threads: Int = 1, sessions: Int = LoadShape.usualSessions,
        connect: @escaping ConnectAgent
    ) -> MakeLoadSource {
        { endpoint, load in
            try await AgentFleet.gathered(
                load.from ?? [.local], endpoint: endpoint, load: load, build: try build(), threads: threads,
                sessions: sessions, connect: connect)
        }
    }

    /// Starts the agents, and gives each its part of the load.
    private static func gathered(
        _ addresses: [AgentAddress], endpoint: Endpoint, load: LoadDefinition, build: String, threads: Int,
        sessions: Int, connect: @escaping ConnectAgent
    ) async throws -> AgentFleet {
        try check(addresses, reach: endpoint)
        let outgoing = try OutgoingLoad(load, for: endpoint, threads: threads, sessions: sessions)
        let names = AgentAddress.names(of: addresses)
        let count = addresses.count
        typealias Found = (index: Int, result: Result<(AgentLink, AgentMachine), any Error>)
        let found = await withTaskGroup(of: Found.self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask {
                    do {
                        let link = AgentLink(name: names[index], connection: try await connect(address))
                        do {
                            let machine = try await withTaskCancellationHandler {
                                let machine = try await link.greet(build: build)
                                try await link.take(outgoing, LoadPart(index: index, of: count))
                                return machine
                            } onCancel: {
                                link.lose(.ended)
                            }
                            return (index, .success((link, machine)))
                        } catch {
                            await link.close()
                            throw error
                        }
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [Found]()) { $0.append($1) }.sorted { $0.index < $1.index }
        }
        let links = found.compactMap { try? $0.result.get() }
        do {
            try Task.checkCancellation()
            for each in found { _ = try each.result.get() }
        } catch {
            for (link, _) in links { await link.close() }
            throw error
        }
        return AgentFleet(load: load, outgoing: outgoing, links: links.map { (link: $0.0, machine: $0.1) })
    }

    /// - Throws: a `Problem` where an agent on another machine would have to reach an address of this one's own.
    static func check(_ addresses: [AgentAddress], reach endpoint: Endpoint) throws {
        guard let remote = addresses.first(where: \.isRemote) else { return }
        let host = endpoint.shortcut?.host ?? endpoint.host
        let target =
            endpoint.unixSocket.map { "the socket \($0)" }
            ?? (ThisMachine.isNamed(by: host) ? "\(host):\(endpoint.shortcut?.port ?? endpoint.port)" : nil)
        guard let target else { return }
        throw Problem(
            .usage,
            "the agent \(remote) is another machine and cannot reach \(target), which only this machine itself can",
            nextStep: "Load an address of this machine that others reach, or generate the load from: [local].")
    }
}
