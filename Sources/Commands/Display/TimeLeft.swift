package import Model

/// How long a run still takes: as planned, and as measured where the same experiment has shown it.
package struct TimeLeft: Sendable {
    private struct Measured {
        var bringUp: Seconds?
        /// Between two steps of a search.
        var changes: [Seconds] = []

        var change: Seconds? { changes.isEmpty ? nil : changes.reduce(0, +) / Double(changes.count) }
    }

    private var measured: [String: Measured] = [:]
    /// Experiments that search for a limit.
    private var searches: Set<String> = []
    private var experiment = ""
    private var phase: Phase?
    private var phaseBegan: UnixTime = 0
    private var stepEnded: UnixTime?

    package init() {}

    package mutating func apply(_ event: RunEvent) {
        let time = event.time
        switch event.happening {
        case .planned(let plan): searches = Set(plan.entries.filter { $0.shape.isSearch }.map(\.name.experiment))
        case .measurementBegan:
            experiment = event.measurement?.experiment ?? ""
            (phase, phaseBegan, stepEnded) = (nil, time, nil)
        case .phaseBegan(let next):
            if phase == .stackUp, next == .preflight {
                measured[experiment, default: Measured()].bringUp = time - phaseBegan
            }
            (phase, phaseBegan) = (next, time)
        case .stepEnded: stepEnded = time
        case .second(let second):
            guard let ended = stepEnded, second.activity != .drain, searches.contains(experiment) else { return }
            measured[experiment, default: Measured()].changes.append(time - ended)
            stepEnded = nil
        case .runBegan, .skipped, .phaseEnded, .restored, .lost, .fault, .failed, .usage, .note, .measurementEnded,
            .runEnded,
            .closed:
            break
        }
    }

    /// Of a measurement that has not begun.
    package func seconds(of entry: RunPlan.Entry) -> Seconds { bringUp(of: entry) + load(of: entry) }

    /// Of the measurement under way.
    package func seconds(inCurrent entry: RunPlan.Entry, at now: UnixTime) -> Seconds {
        switch phase {
        case nil, .stackUp: max(0, bringUp(of: entry) - (now - phaseBegan)) + load(of: entry)
        case .preflight: load(of: entry)
        case .load: max(0, load(of: entry) - (now - phaseBegan))
        case .collect, .stackDown: 0
        }
    }

    private func bringUp(of entry: RunPlan.Entry) -> Seconds {
        measured[entry.name.experiment]?.bringUp ?? entry.time.bringUp
    }

    private func load(of entry: RunPlan.Entry) -> Seconds {
        let change = measured[entry.name.experiment]?.change ?? entry.time.change
        return entry.time.load + entry.time.changes * (change - entry.time.change)
    }
}
