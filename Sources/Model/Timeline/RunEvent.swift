/// Something that happened in a run. All that shows or keeps a run while it goes on (terminal, journal, live page) reads
/// these, and learns of it in no other way.
package struct RunEvent: Codable, Sendable, Equatable {
    /// From 1, in the order in which things happened.
    package var number: Int
    package var time: UnixTime
    /// The measurement that it belongs to; nil for the run as a whole.
    package var measurement: MeasurementName?
    package var happening: RunHappening

    package init(number: Int, time: UnixTime, measurement: MeasurementName? = nil, happening: RunHappening) {
        self.number = number
        self.time = time
        self.measurement = measurement
        self.happening = happening
    }
}

/// Which measurement of a run.
package struct MeasurementName: Codable, Sendable, Hashable {
    /// Its place in the plan, from 1.
    package var number: Int
    package var experiment: String
    /// nil where the experiment has only one.
    package var variant: String?
    /// nil for the first time.
    package var repetition: Int?

    package init(number: Int, experiment: String, variant: String? = nil, repetition: Int? = nil) {
        self.number = number
        self.experiment = experiment
        self.variant = variant
        self.repetition = repetition
    }
}

package enum RunHappening: Codable, Sendable, Equatable {
    case planned(RunPlan)
    case runBegan(pid: Int32)
    /// An earlier, interrupted run has measured it.
    case skipped
    case measurementBegan
    case phaseBegan(Phase)
    case phaseEnded(Phase)
    case second(RunSecond)
    case stepEnded(StepDecision)
    /// The data set was brought back to its start; it took so long.
    case restored(seconds: Seconds)
    case lost(ComponentLoss, story: String)
    /// A fault was done to a part; told again, with the same index, when it was taken back.
    case fault(FaultRecord)
    /// One of the first failures of its task and kind.
    case failed(FailureExample)
    /// Once a second of the load.
    case usage(UsageSample)
    case note(String)
    case measurementEnded(Outcome)
    /// Nothing further is measured; not of an interrupted run.
    case runEnded
    /// The reports are written. Nothing follows.
    case closed(RunClosing)
}

/// How a run came to its end.
package struct RunClosing: Codable, Sendable, Equatable {
    /// What an experiment's report says in a sentence or two, in Markdown.
    package struct Answer: Codable, Sendable, Equatable {
        package var experiment: String
        package var text: LocalizedText

        package init(experiment: String, text: LocalizedText) {
            self.experiment = experiment
            self.text = text
        }
    }

    package var isInterrupted: Bool
    /// Why the run or its reports could not be completed; nil where they were.
    package var problem: String?
    package var answers: [Answer]
    /// Requests of a whole load that no report tells of: of all tasks together, then of each, in their order. nil of a run.
    package var totals: [RunSecond.Requests]?

    package init(
        isInterrupted: Bool, problem: String? = nil, answers: [Answer] = [], totals: [RunSecond.Requests]? = nil
    ) {
        self.isInterrupted = isInterrupted
        self.problem = problem
        self.answers = answers
        self.totals = totals
    }
}
