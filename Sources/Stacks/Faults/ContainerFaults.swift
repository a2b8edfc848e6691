package import Model

/// The calls of Docker's command line that make faults in a container and take them back, as values.
package struct ContainerFaults: Sendable {
    private let container: Container

    package init(_ container: Container) { self.container = container }

    /// What makes the fault; nil where no call of Docker's does.
    ///
    /// A container that `docker kill` has ended counts as stopped by hand: the engine applies no restart policy to it, so that it
    /// stays dead until a `start` (Docker's reference, "Restart policy details").
    package func making(_ action: FaultAction) -> [String]? {
        switch action {
        case .kill: ["kill", container.id]
        case .start: ["start", container.id]
        case .pause: ["pause", container.id]
        case .throttle(let cores): update(cores)
        case .slow, .cut, .bandwidth, .hold: nil
        }
    }

    /// What takes it back; nil where nothing does.
    package func takingBack(_ action: FaultAction) -> [String]? {
        switch action {
        case .pause: ["unpause", container.id]
        case .throttle: restoredQuota
        case .kill, .start, .slow, .cut, .bandwidth, .hold: nil
        }
    }

    /// A container that was made with `cpus` takes no quota, and the other way round.
    private func update(_ cores: Double) -> [String] {
        guard container.limits.nanoCPUs ?? 0 == 0 else { return ["update", "--cpus", "\(cores)", container.id] }
        let (period, quota) = CPUGroup.bandwidth(cores)
        return ["update", "--cpu-period", "\(period)", "--cpu-quota", "\(quota)", container.id]
    }

    private var restoredQuota: [String] {
        if let nano = container.limits.nanoCPUs, nano > 0 {
            return ["update", "--cpus", "\(Double(nano) / 1e9)", container.id]
        }
        let limits = container.limits
        let period = limits.period.flatMap { $0 > 0 ? $0 : nil } ?? Self.usualPeriod
        // -1 is no limit.
        let quota = limits.quota.flatMap { $0 > 0 ? $0 : nil } ?? -1
        return ["update", "--cpu-period", "\(period)", "--cpu-quota", "\(quota)", container.id]
    }

    /// The kernel's, in microseconds.
    private static let usualPeriod = 100_000
}
