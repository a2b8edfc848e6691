package import Model

/// What a run's events add up to: all that a reader who comes late needs to show the run from its beginning. Its size is
/// bounded: old seconds are put together, totals are exact.
package struct RunHistory: Sendable, Equatable {
    /// Of the newest event; 0 before the first.
    package private(set) var number = 0
    package private(set) var plan: RunPlan?
    /// When the run was planned.
    package private(set) var began: UnixTime?
    /// One per entry of the plan.
    package private(set) var measurements: [MeasurementHistory] = []
    /// Index of the measurement that was begun last.
    package private(set) var current: Int?
    package private(set) var closing: RunClosing?
    /// Of the newest event.
    package private(set) var now: UnixTime = 0

    package init() {}

    package mutating func take(_ event: RunEvent) {
        number = event.number
        now = event.time
        if let name = event.measurement, measurements.indices.contains(name.number - 1) {
            if case .measurementBegan = event.happening {
                if let current, current != name.number - 1 { measurements[current].makeRoom() }
                current = name.number - 1
            }
            measurements[name.number - 1].take(event.happening, at: event.time)
        }
        switch event.happening {
        case .planned(let plan):
            self.plan = plan
            began = event.time
            measurements = plan.entries.map(MeasurementHistory.init)
        case .closed(let closing): self.closing = closing
        default: break
        }
    }

    /// At most, about; 0 once the run is over.
    package var secondsLeft: Seconds { closing == nil ? measurements.reduce(0) { $0 + $1.secondsLeft(at: now) } : 0 }
}
