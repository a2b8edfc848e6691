import Model

/// Where the instants of a load fall in a shorter one of the same stages: each ramp and each plateau is stretched evenly.
struct QuickFaults {
    /// Ends of ramps and plateaus of both loads, in seconds since they began.
    private let bounds: [(full: Seconds, quick: Seconds)]

    /// Shorter ones would be over before anything is noticed.
    private static let leastDuration: Seconds = 0.5

    init(full: LoadDefinition, quick: LoadDefinition) {
        bounds = Array(zip(Self.bounds(of: full), Self.bounds(of: quick)))
    }

    func faults(_ faults: [Fault]) -> [Fault] {
        faults.map { fault in
            var moved = fault
            moved.at = instant(fault.at)
            moved.duration = fault.duration.map { max(instant(fault.at + $0) - moved.at, min(Self.leastDuration, $0)) }
            return moved
        }
    }

    /// To whole milliseconds.
    private func instant(_ full: Seconds) -> Seconds {
        var before: (full: Seconds, quick: Seconds) = (0, 0)
        for bound in bounds {
            if full <= bound.full {
                let share = bound.full > before.full ? (full - before.full) / (bound.full - before.full) : 0
                return ((before.quick + share * (bound.quick - before.quick)) * 1000).rounded() / 1000
            }
            before = bound
        }
        return before.quick
    }

    private static func bounds(of load: LoadDefinition) -> [Seconds] {
        var (users, now) = (0, 0.0)
        var bounds: [Seconds] = []
        func pass(_ seconds: Seconds) {
            now += seconds
            bounds.append(now)
        }
        switch load.shape {
        case .ramp(let stages):
            for stage in stages {
                pass(Double(abs(stage.users - users)) / stage.spawnRate + load.settling(stage.hold))
                pass(stage.hold)
                users = stage.users
            }
        case .rate(let stages, _):
            for stage in stages {
                pass(stage.ramp)
                pass(stage.hold)
            }
        case .findLimit: break
        }
        return bounds
    }
}
