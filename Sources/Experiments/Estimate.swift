import Foundation
package import Model

extension LoadShape {
    /// Seconds of the load. For a search: as many as it takes when only the last step before `to` fails, an upper bound.
    var seconds: Seconds {
        switch self {
        case .ramp(let stages):
            var users = 0
            var seconds: Seconds = 0
            for stage in stages {
                seconds += Double(abs(stage.users - users)) / stage.spawnRate + stage.hold
                users = stage.users
            }
            return seconds
        case .findLimit(let plan):
            let climbs = (log(Double(plan.to) / Double(plan.from)) / log(plan.factor)).rounded(.up) + 1
            let halvings = max(0, log2((plan.factor - 1) / plan.precision).rounded(.up))
            let confirmations = 1.0
            return (climbs + halvings + confirmations) * (plan.hold + Self.rise)
        }
    }

    /// Seconds that a search allows for users to arrive before a step's plateau.
    private static let rise: Seconds = 1

    /// The shortest plateau.
    var shortestHold: Seconds {
        switch self {
        case .ramp(let stages): stages.map(\.hold).min() ?? 0
        case .findLimit(let plan): plan.hold
        }
    }
}

package extension Experiment {
    /// Seconds of load over all variants, without bringing stacks up and down. For a search it is an upper bound.
    var estimatedSeconds: Seconds { load.shape.seconds * Double(variants.count) }
}
