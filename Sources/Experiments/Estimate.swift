import Foundation
package import Model

extension LoadDefinition {
    /// Seconds of the load. For a search: as many as it takes when only the last step before `to` fails, and six trials
    /// follow; a search whose plateaus differ much takes more.
    var seconds: Seconds {
        switch shape {
        case .ramp(let stages):
            return shape.rampSeconds + stages.reduce(0) { $0 + settling($1.hold) }
        case .rate(let stages, _):
            return stages.reduce(0) { $0 + $1.ramp + $1.hold }
        case .findLimit(let plan):
            let climbs = (log(Double(plan.to) / Double(plan.from)) / log(plan.factor)).rounded(.up) + 1
            let halvings = max(0, log2((plan.factor - 1) / plan.precision).rounded(.up))
            func step(_ purpose: LoadStep.Purpose) -> Seconds {
                let hold = plan.plateauLength(of: purpose).rounded(.up)
                return Self.change + min(thinkTime.mean, hold / 3).rounded(.up) + hold
            }
            return climbs * step(.climb)
                + (plan.restsOnTrials ? Self.usualTrials * step(.trial) : halvings * step(.bisect))
        }
    }

    /// Trials of a search, in the mean.
    private static let usualTrials = 6.0

    /// Seconds that a search takes to let users go, restore the data set before a step, and let others come.
    private static let change: Seconds = 2.5

    /// Seconds between the last user's arrival and the plateau.
    private func settling(_ hold: Seconds) -> Seconds { min(thinkTime.maximum, hold / 3) }
}

extension LoadShape {
    /// Seconds of a ramp's stages: users coming and going, and the plateaus; 0 for a search.
    var rampSeconds: Seconds {
        guard case .ramp(let stages) = self else { return 0 }
        var users = 0
        var seconds: Seconds = 0
        for stage in stages {
            seconds += Double(abs(stage.users - users)) / stage.spawnRate + stage.hold
            users = stage.users
        }
        return seconds
    }

    /// The shortest plateau.
    var shortestHold: Seconds {
        switch self {
        case .ramp(let stages): stages.map(\.hold).min() ?? 0
        case .findLimit(let plan): plan.hold
        case .rate(let stages, _): stages.map(\.hold).min() ?? 0
        }
    }
}

package extension Experiment {
    /// Seconds of load over all variants, without bringing stacks up and down. For a search it is an upper bound.
    var estimatedSeconds: Seconds { load.seconds * Double(variants.count) }
}
