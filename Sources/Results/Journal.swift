package import Model

/// One line of the journal.
package struct JournalEntry: Codable, Sendable, Equatable {
    package var time: UnixTime
    package var event: Event
    /// nil for events of the whole run.
    package var experiment: String?
    package var variant: String?

    package init(time: UnixTime, event: Event, experiment: String? = nil, variant: String? = nil) {
        self.time = time
        self.event = event
        self.experiment = experiment
        self.variant = variant
    }

    package enum Event: Codable, Sendable, Equatable {
        case runBegan(pid: Int32)
        case measurementBegan
        case phaseBegan(Phase)
        case phaseEnded(Phase)
        case measurementEnded(Outcome)
        case runEnded
    }
}

/// The append-only story of a run. `--resume` reads in it what is complete.
package struct Journal: Sendable {
    private let file: LineFile

    init(path: String) throws { file = try LineFile(path: path, truncate: false) }

    package func append(_ entry: JournalEntry) throws { try file.append(entry, durable: true) }
}

extension [JournalEntry] {
    /// Whether the measurement was carried through. The newest word on it counts.
    package func isMeasured(experiment: String, variant: String?) -> Bool {
        let mine = filter { $0.experiment == experiment && $0.variant == variant }
        guard
            let last = mine.last(where: {
                switch $0.event {
                case .measurementBegan, .measurementEnded: true
                default: false
                }
            })
        else { return false }
        return last.event == .measurementEnded(.measured)
    }
}
