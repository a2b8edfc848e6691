import Experiments
package import Model
package import Orchestrator

/// How long a run still takes: as planned, and as measured where the same experiment has shown it.
package struct TimeLeft: Sendable {
    private struct Measured {
        var bringUp: Seconds?
        /// Between two steps of a search.
        var changes: [Seconds] = []

        var change: Seconds? { changes.isEmpty ? nil : changes.reduce(0, +) / Double(changes.count) }
    }

    private var measured: [String: Measured] = [:]
    private var experiment = ""
    private var isSearch = false
    private var phase: Phase?
    private var phaseBegan: UnixTime = 0
    private var stepEnded: UnixTime?

    package init() {}

    package mutating func apply(_ event: ProgressEvent, at time: UnixTime) {
        switch event {
        case .measurementBegan(let began, _, _, _):
            experiment = began.name
            isSearch = began.load.shape.isSearch
            (phase, phaseBegan, stepEnded) = (nil, time, nil)
        case .phaseBegan(let next):
            if phase == .stackUp, next == .preflight {
                measured[experiment, default: Measured()].bringUp = time - phaseBegan
            }
            (phase, phaseBegan) = (next, time)
        case .stepEnded: stepEnded = time
        case .second(let status):
            guard let ended = stepEnded, status.activity != .drain, isSearch else { return }
            measured[experiment, default: Measured()].changes.append(time - ended)
            stepEnded = nil
        case .runBegan, .measurementEnded, .skipped, .note: break
        }
    }

    /// Of a measurement that has not begun.
    package func seconds(of experiment: Experiment) -> Seconds { bringUp(of: experiment) + load(of: experiment) }

    /// Of the measurement under way.
    package func seconds(inCurrent experiment: Experiment, at now: UnixTime) -> Seconds {
        switch phase {
        case nil, .stackUp: max(0, bringUp(of: experiment) - (now - phaseBegan)) + load(of: experiment)
        case .preflight: load(of: experiment)
        case .load: max(0, load(of: experiment) - (now - phaseBegan))
        case .collect, .stackDown: 0
        }
    }

    private func bringUp(of experiment: Experiment) -> Seconds {
        measured[experiment.name]?.bringUp ?? experiment.usualBringUp
    }

    private func load(of experiment: Experiment) -> Seconds {
        experiment.loadSeconds(change: measured[experiment.name]?.change)
    }
}
