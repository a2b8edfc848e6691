import Foundation
package import Model

/// Makes faults with the tools of a stack, and keeps the ledger of them.
package actor StackFaults: FaultInjector {
    private struct InForce {
        var id: String
        var action: FaultAction
        var part: String
    }

    private nonisolated let tools: any FaultTools
    /// Stands between the parts; nil where none does.
    private nonisolated let proxy: (any FaultProxy)?
    private nonisolated let ledger: Ledger
    private var inForce: [InForce] = []
    private var holds: [String: HeldConnections] = [:]

    package init(tools: any FaultTools, proxy: (any FaultProxy)?, ledger: Ledger) {
        self.tools = tools
        self.proxy = proxy
        self.ledger = ledger
    }

    package nonisolated func prepare(_ action: FaultAction, on part: String) async throws {
        try check(action, on: part)
        try await tools.prepare(action, on: part)
    }

    private nonisolated func check(_ action: FaultAction, on part: String) throws {
        guard action.needsProxy, proxy?.parts.contains(part) != true else { return }
        throw Problem(
            .usage, "\(action.key): no proxy of StoreLab stands before \(part) in this stack",
            nextStep: "Write another part, or another fault: pause, throttle or hold.")
    }

    package func begin(_ action: FaultAction, on part: String) async throws -> Int? {
        try check(action, on: part)
        let undo = action.isOurs ? try await tools.undo(of: action, on: part) : .nothing
        let fault = InForce(id: UUID().uuidString, action: action, part: part)
        try ledger.record(.fault(id: fault.id, undo: undo))
        inForce.append(fault)
        do {
            let held = try await make(action, on: part)
            if !action.hasEnd { try close(fault) }
            return held
        } catch {
            // Whatever ended it must not keep what is half made.
            try? await Task { try await takeBack(fault) }.value
            try? close(fault)
            throw error
        }
    }

    package func end(_ action: FaultAction, on part: String) async throws {
        guard let fault = inForce.last(where: { $0.action == action && $0.part == part }) else { return }
        try await takeBack(fault)
        try close(fault)
    }

    package func endAll() async {
        for fault in inForce.reversed() {
            guard (try? await takeBack(fault)) != nil else { continue }
            try? close(fault)
        }
    }

    /// Runs the body, and takes back whatever it has left in force, also when it was cancelled.
    nonisolated func takingBackAll<Answer: Sendable>(
        _ body: @Sendable () async throws -> Answer
    ) async -> Result<Answer, any Error> {
        let result: Result<Answer, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await Task { await endAll() }.value
        return result
    }

    private func close(_ fault: InForce) throws {
        inForce.removeAll { $0.id == fault.id }
        try ledger.record(.faultEnded(id: fault.id))
    }

    private func make(_ action: FaultAction, on part: String) async throws -> Int? {
        switch action {
        case .kill, .start, .pause, .throttle: try await tools.make(action, on: part)
        case .slow, .cut, .bandwidth: try await proxy?.begin(action, on: part)
        case .hold(let connections):
            let held = HeldConnections(try await tools.holder(of: connections, on: part))
            holds[part] = held
            let count = await held.settle(at: connections)
            guard count > 0 else {
                throw Problem(.measurement, "\(part) takes none of the \(connections) connections that were to be held")
            }
            return count
        }
        return nil
    }

    private func takeBack(_ fault: InForce) async throws {
        switch fault.action {
        case .kill, .start: break
        case .pause, .throttle: try await tools.takeBack(fault.action, on: fault.part)
        case .slow, .cut, .bandwidth: try await proxy?.end(fault.action, on: fault.part)
        case .hold: await holds.removeValue(forKey: fault.part)?.end()
        }
    }
}

extension FaultAction {
    /// Whether it is done to the part itself.
    fileprivate var isOurs: Bool {
        switch self {
        case .kill, .start, .pause, .throttle: true
        case .slow, .cut, .bandwidth, .hold: false
        }
    }
}
