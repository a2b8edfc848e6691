package import Model
package import Results

extension JournalEntry {
    /// What the journal keeps of an event; nil where it keeps nothing.
    package init?(_ event: RunEvent) {
        let kept: Event
        switch event.happening {
        case .runBegan(let pid): kept = .runBegan(pid: pid)
        case .measurementBegan: kept = .measurementBegan
        case .phaseBegan(let phase): kept = .phaseBegan(phase)
        case .phaseEnded(let phase): kept = .phaseEnded(phase)
        case .measurementEnded(let outcome): kept = .measurementEnded(outcome)
        case .runEnded: kept = .runEnded
        case .planned, .skipped, .second, .stepEnded, .restored, .lost, .fault, .failed, .usage, .note, .closed:
            return nil
        }
        let name = event.measurement
        self.init(
            time: event.time, event: kept, experiment: name?.experiment, variant: name?.variant,
            repetition: name?.repetition)
    }
}
