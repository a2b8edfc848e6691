import Analysis
import Foundation
package import Model
import Results
import Stacks
import Synchronization

/// A load on something that runs already and of which nothing but its address is known.
package struct PlainLoad: Sendable {
    package struct Result: Sendable {
        package var measurement: Model.Measurement
        package var samples: [SecondSample]
        /// Ended by the user before its time.
        package var interrupted: Bool

        package init(measurement: Model.Measurement, samples: [SecondSample], interrupted: Bool) {
            self.measurement = measurement
            self.samples = samples
            self.interrupted = interrupted
        }
    }

    private let load: LoadDefinition
    private let criteria: [Criterion]
    private let endpoint: Endpoint
    private let makeSource: MakeLoadSource
    private let wanted: @Sendable () -> Int?

    /// The only measurement of its timeline.
    package static let name = MeasurementName(number: 1, experiment: "load")

    /// - Parameter wanted: the users that somebody asked for otherwise than the load says; nil where nobody did.
    package init(
        load: LoadDefinition, criteria: [Criterion], endpoint: Endpoint, makeSource: @escaping MakeLoadSource,
        wanted: @escaping @Sendable () -> Int? = { nil }
    ) {
        self.wanted = wanted
        self.load = load
        self.criteria = criteria
        self.endpoint = endpoint
        self.makeSource = makeSource
    }

    /// Tries each task once, then loads. When the task that runs it is cancelled, what was measured until then is returned.
    /// - Throws: `Problem` when a task fails before any load, or when the load cannot be sent.
    package func run(timeline: Timeline) async throws -> Result {
        let tell: @Sendable (RunHappening) throws -> Void = { [wanted] happening in
            var happening = happening
            if case .second(var second) = happening, second.targetUsers > 0, let users = wanted() {
                second.targetUsers = users
                happening = .second(second)
            }
            try timeline.tell(Redaction().happening(happening), of: Self.name)
        }
        try tell(.measurementBegan)
        var measurement = Model.Measurement(variant: nil, stackKind: "url", began: Date().timeIntervalSince1970)
        let source = try await makeSource(endpoint, load)
        let check = PreflightCheck(load: load, source: source, project: nil)
        measurement.preflight = await check.run()
        if let failure = measurement.preflight.lazy.compactMap(\.failure).first {
            _ = await source.stop()
            try Task.checkCancellation()
            throw check.problem(failure)
        }
        let samples = Mutex<[SecondSample]>([])
        let run = LoadRun(
            load: load, criteria: criteria, source: source,
            stack: RunningExternalStack(endpoint: endpoint, prometheus: nil), preflight: measurement.preflight,
            save: { sample in samples.withLock { $0.append(sample) } },
            tell: tell)
        try tell(.phaseBegan(.load))
        let result = await run.run()
        try tell(.phaseEnded(.load))
        let taken = samples.withLock { $0 }
        measurement.ended = Date().timeIntervalSince1970
        measurement.loadBegan = source.loadBegan
        measurement.steps =
            load.requests == nil ? (result.steps.isEmpty ? unfinished(taken) : result.steps) : whole(taken)
        measurement.failures = source.failureExamples
        measurement.generator = result.generator
        measurement.usage = result.usage
        measurement.notes = result.notes
        let interrupted = result.error is CancellationError
        if let error = result.error, !interrupted { throw error }
        measurement.outcome = interrupted ? .interrupted : .measured
        try tell(.measurementEnded(measurement.outcome))
        return Result(measurement: measurement, samples: taken, interrupted: interrupted)
    }

    /// A load of so many requests is measured from its first to its last, in whole seconds. It is judged by nothing: how long
    /// it takes is its result.
    private func whole(_ samples: [SecondSample]) -> [LoadStep] {
        guard case .ramp(let stages) = load.shape, let users = stages.first?.users,
            let last = samples.lastIndex(where: {
                $0.inFlight > 0 || $0.tasks.contains { $0.succeeded.count + $0.failed.count > 0 }
            })
        else { return [] }
        return [
            LoadStep(
                users: users, purpose: .stage, rampBegan: 0, plateauBegan: 0, plateauEnded: last + 1, passed: true,
                validity: nil)
        ]
    }

    /// The plateau of a stage that was broken off: from when all its users were there, or its rate was reached.
    private func unfinished(_ samples: [SecondSample]) -> [LoadStep] {
        var users = 0
        var rate: Double?
        let began: Int?
        switch load.shape {
        case .ramp(let stages):
            users = stages.first?.users ?? 0
            began = samples.firstIndex { $0.users == users }.map { $0 + 1 }
        case .rate(let stages, _):
            rate = stages.first?.perSecond
            began = stages.first.map { Int($0.ramp.rounded(.up)) }
        case .findLimit: began = nil
        }
        guard let began, began < samples.count else { return [] }
        return [
            LoadStep(
                users: users, rate: rate, purpose: .stage, rampBegan: 0, plateauBegan: began,
                plateauEnded: samples.count, passed: true,
                validity: ValidityJudge(load: load).validity(users: users, samples: Array(samples[began...])))
        ]
    }
}
