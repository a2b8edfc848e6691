package import Model

/// What several replicas handle against one: speed-up S = C(n)/C(1) and efficiency S/n, C being the users borne, as the
/// bounds of both answers allow. (The terms are those of G. M. Amdahl, AFIPS 1967, and N. J. Gunther, 2007.)
package struct ReplicaScaling: Sendable, Equatable {
    package var replicas: Int
    /// Users that one of the replicas handles, from the most that passed.
    package var usersPerReplica: Double
    package var lowerSpeedUp: Double
    /// nil: not bounded by what was measured.
    package var upperSpeedUp: Double?

    package var lowerEfficiency: Double { lowerSpeedUp / Double(replicas) }
    package var upperEfficiency: Double? { upperSpeedUp.map { $0 / Double(replicas) } }

    /// - Returns: nil where one of the two was not measured, or handles no user.
    package init?(_ several: LimitAnswer.Verdict, replicas: Int, against one: LimitAnswer.Verdict) {
        guard replicas > 1 else { return nil }
        let passed: Int
        var failed: Int?
        switch several {
        case .interval(let low, let high): (passed, failed) = (low, high)
        case .neverFailed(let users): passed = users
        case .failsAtOneUser, .failsFrom, .notMeasured: return nil
        }
        self.replicas = replicas
        usersPerReplica = Double(passed) / Double(replicas)
        switch one {
        case .interval(let low, let high):
            lowerSpeedUp = Double(passed) / Double(high)
            upperSpeedUp = low > 0 ? failed.map { Double($0) / Double(low) } : nil
        case .failsAtOneUser: lowerSpeedUp = Double(passed)
        case .failsFrom(let high): lowerSpeedUp = Double(passed) / Double(high)
        // What one bears is not bounded above, so nothing bounds the speed-up below.
        case .neverFailed, .notMeasured: return nil
        }
        guard lowerSpeedUp > 0 else { return nil }
    }
}

extension StackDefinition {
    /// The same stack but for the number of replicas and what is in front of them.
    package func isScaled(from one: StackDefinition) -> Bool {
        replicas > one.replicas && one.replicas == 1 && backend == one.backend && fallback == one.fallback
            && prices == one.prices && storeCPUs == one.storeCPUs && storePool == one.storePool && mysql == one.mysql
            && redis == one.redis && dataset == one.dataset && subject == one.subject
    }
}
