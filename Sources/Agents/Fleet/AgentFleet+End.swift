package import Model
import Synchronization

/// How a load of several agents ends, and what they report together.
extension AgentFleet {
    package func stop() async -> GeneratorReport {
        await withTaskCancellationHandler {
            await report()
        } onCancel: {
            for link in all where link.loss == nil { link.send(.hurry) }
        }
    }

    private func report() async -> GeneratorReport {
        let links = await withCheckedContinuation { (continuation: CheckedContinuation<[AgentLink]?, Never>) in
            continuation.resume(
                returning: state.withLock { state in
                    switch state.stage {
                    case .stopping, .stopped: return nil
                    case .idle, .running: break
                    }
                    state.stage = .stopping
                    return state.links.filter { $0.loss == nil }
                })
        }
        guard let links else { return await earlierReport() }
        let reports = await asked(links, .stop, within: stopPatience)
        for link in all { await link.close() }
        let (report, waiting) = state.withLock { state in
            for case (let link, .report(let report)) in reports { state.reports.append((link.name, report)) }
            let rest = state.seconds?.finish() ?? []
            give(rest, &state)
            state.output?.finish()
            state.output = nil
            let report = wholeReport(state)
            state.stage = .stopped(report)
            defer { state.waiting = [] }
            return (report, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: report) }
        return report
    }

    private func earlierReport() async -> GeneratorReport {
        await withCheckedContinuation { continuation in
            let report = state.withLock { state -> GeneratorReport? in
                if case .stopped(let report) = state.stage { return report }
                state.waiting.append(continuation)
                return nil
            }
            if let report { continuation.resume(returning: report) }
        }
    }

    private func wholeReport(_ state: State) -> GeneratorReport {
        var whole = GeneratorReport.merged(state.reports.map(\.report))
        whole.agents = zip(all, machines).map { link, known in
            let own = state.reports.filter { $0.agent == link.name }.map(\.report)
            let clock = link.clock
            return AgentReport(
                name: link.name, machine: known.machine, clockOffset: Double(clock.offset) / 1e9,
                clockBound: clock.bound, cpuSeconds: own.isEmpty ? nil : own.reduce(0) { $0 + $1.cpuSeconds },
                peakThreadCPU: own.map(\.peakThreadCPU).max(),
                fewestDescriptorsLeft: own.compactMap(\.fewestDescriptorsLeft).min(),
                fewestPortsLeft: own.compactMap(\.fewestPortsLeft).min(), loss: state.losses[link.name])
        }
        return whole
    }
}
