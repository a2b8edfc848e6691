import Model

/// Refuses faults before any load: most of what makes them reaches this machine's containers only.
struct SwarmFaults: FaultInjector {
    private static let refusal = Problem(
        .usage, "faults: StoreLab makes none on a swarm yet", nextStep: "Leave faults out, or use --stack compose.")

    func prepare(_ action: FaultAction, on part: String) async throws { throw Self.refusal }
    func begin(_ action: FaultAction, on part: String) async throws -> Int? { throw Self.refusal }
    func end(_ action: FaultAction, on part: String) async throws {}
    func endAll() async {}
}
