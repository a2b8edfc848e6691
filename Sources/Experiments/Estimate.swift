import Foundation
package import Model

extension LoadDefinition {
    /// Seconds of the load. For a search: as many as it takes when only the last step before `to` fails, and six trials
    /// follow; a search whose plateaus differ much takes more.
    /// - Parameter change: seconds that a search takes to let users go, restore the data set before a step, and let others
    ///   come.
    func seconds(change: Seconds) -> Seconds {
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
                return change + min(thinkTime.mean, hold / 3).rounded(.up) + hold
            }
            return climbs * step(.climb)
                + (plan.restsOnTrials ? Self.usualTrials * step(.trial) : halvings * step(.bisect))
        }
    }

    /// Trials of a search, in the mean.
    private static let usualTrials = 6.0

    /// Seconds between the last user's arrival and the plateau.
    func settling(_ hold: Seconds) -> Seconds { min(thinkTime.maximum, hold / 3) }
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
    /// Seconds between two steps of a search, as long as none were measured.
    var usualChange: Seconds {
        switch stack.subject {
        case .store: 2.5
        case .running: 3.5
        case .project(let own):
            switch own.restore {
            case nil: 6
            case .command: 10
            case .volumes: 25
            }
        }
    }

    /// Seconds until a stack is up, as long as none were measured; an image that is built or fetched takes longer.
    var usualBringUp: Seconds {
        switch stack.subject {
        case .store: 3
        case .running: 0
        case .project(let own): 20 + (own.restore == nil ? 0 : usualChange)
        }
    }

    /// Seconds of one variant's load. For a search it is an upper bound.
    /// - Parameter change: seconds between two of its steps, where they are known better.
    func loadSeconds(change: Seconds? = nil) -> Seconds { load.seconds(change: change ?? usualChange) }

    /// Seconds of load over all variants, without bringing stacks up and down. For a search it is an upper bound.
    var estimatedSeconds: Seconds { loadSeconds() * Double(variants.count) }
}
