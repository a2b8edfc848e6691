package import Model

/// One line of the journal.
package struct JournalEntry: Sendable, Equatable {
    package var time: UnixTime
    package var event: Event
    /// nil for events of the whole run.
    package var experiment: String?
    package var variant: String?
    /// nil for the first time.
    package var repetition: Int?

    package init(
        time: UnixTime, event: Event, experiment: String? = nil, variant: String? = nil, repetition: Int? = nil
    ) {
        self.repetition = repetition
        self.time = time
        self.event = event
        self.experiment = experiment
        self.variant = variant
    }

    package enum Event: Sendable, Equatable {
        case runBegan(pid: Int32)
        case measurementBegan
        case phaseBegan(Phase)
        case phaseEnded(Phase)
        case measurementEnded(Outcome)
        case runEnded
    }
}

/// On disk an entry is flat, for example `{"event":"phase began","experiment":"mysql-limit","phase":"load","time":…}`.
extension JournalEntry: Codable {
    private enum Key: String, CodingKey {
        case time, event, experiment, variant, repetition, pid, phase, outcome
    }

    private enum Name: String, Codable {
        case runBegan = "run began"
        case measurementBegan = "measurement began"
        case phaseBegan = "phase began"
        case phaseEnded = "phase ended"
        case measurementEnded = "measurement ended"
        case runEnded = "run ended"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        time = try fields.decode(UnixTime.self, forKey: .time)
        experiment = try fields.decodeIfPresent(String.self, forKey: .experiment)
        variant = try fields.decodeIfPresent(String.self, forKey: .variant)
        repetition = try fields.decodeIfPresent(Int.self, forKey: .repetition)
        event =
            switch try fields.decode(Name.self, forKey: .event) {
            case .runBegan: .runBegan(pid: try fields.decode(Int32.self, forKey: .pid))
            case .measurementBegan: .measurementBegan
            case .phaseBegan: .phaseBegan(try fields.decode(Phase.self, forKey: .phase))
            case .phaseEnded: .phaseEnded(try fields.decode(Phase.self, forKey: .phase))
            case .measurementEnded: .measurementEnded(try fields.decode(Outcome.self, forKey: .outcome))
            case .runEnded: .runEnded
            }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(time, forKey: .time)
        try fields.encodeIfPresent(experiment, forKey: .experiment)
        try fields.encodeIfPresent(variant, forKey: .variant)
        try fields.encodeIfPresent(repetition, forKey: .repetition)
        switch event {
        case .runBegan(let pid):
            try fields.encode(Name.runBegan, forKey: .event)
            try fields.encode(pid, forKey: .pid)
        case .measurementBegan: try fields.encode(Name.measurementBegan, forKey: .event)
        case .phaseBegan(let phase):
            try fields.encode(Name.phaseBegan, forKey: .event)
            try fields.encode(phase, forKey: .phase)
        case .phaseEnded(let phase):
            try fields.encode(Name.phaseEnded, forKey: .event)
            try fields.encode(phase, forKey: .phase)
        case .measurementEnded(let outcome):
            try fields.encode(Name.measurementEnded, forKey: .event)
            try fields.encode(outcome, forKey: .outcome)
        case .runEnded: try fields.encode(Name.runEnded, forKey: .event)
        }
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
    package func isMeasured(experiment: String, variant: String?, repetition: Int? = nil) -> Bool {
        let mine = filter { $0.experiment == experiment && $0.variant == variant && $0.repetition == repetition }
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
