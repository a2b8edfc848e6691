import Model
import Synchronization

/// What agents that are left do after a loss: the load is shared out among them anew.
extension AgentFleet {
    package func regroup() async -> Bool {
        while true {
            let links = state.withLock { state -> [AgentLink]? in
                guard case .running = state.stage, state.isReduced else { return nil }
                state.seconds = nil
                return state.links.filter { $0.loss == nil }
            }
            guard let links else { return true }
            guard !links.isEmpty else { return false }
            if await deal(to: links) { return true }
        }
    }

    /// - Returns: whether all of them are ready; else there are fewer now.
    private func deal(to links: [AgentLink]) async -> Bool {
        let reports = await asked(links, .stop, within: stopPatience)
        let ready = await withTaskGroup(of: Bool.self) { group in
            for (index, link) in links.enumerated() {
                group.addTask { [outgoing] in
                    let part = LoadPart(index: index, of: links.count)
                    guard (try? await link.take(outgoing, part)) != nil else {
                        link.lose(.garbled)
                        return false
                    }
                    guard case .ready? = await link.ask(.prepare, within: self.preflightPatience) else { return false }
                    return true
                }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        return state.withLock { state in
            for case (let link, .report(let report)) in reports { state.reports.append((link.name, report)) }
            guard case .running = state.stage else { return true }
            guard ready, links.allSatisfy({ $0.loss == nil }) else { return false }
            state.links = links
            let soon = Monotonic.now + Self.startLead + Self.longestTrip(links)
            let seconds = (soon - state.origin + Self.second - 1) / Self.second
            begin(&state, at: state.origin + seconds * Self.second)
            return true
        }
    }
}
