import Analysis
import Foundation
package import LoadGenerator
package import Model
import Stacks
import Synchronization

/// A load on something that runs already and of which nothing but its address is known.
package struct PlainLoad: Sendable {
    package struct Result: Sendable {
        package var measurement: Model.Measurement
        package var samples: [SecondSample]
        /// Ended by the user before its time.
        package var interrupted: Bool
    }

    private let load: LoadDefinition
    private let limits: [Limit]
    private let target: LoadTarget
    private let options: LoadOptions

    package init(load: LoadDefinition, limits: [Limit], target: LoadTarget, options: LoadOptions) {
        self.load = load
        self.limits = limits
        self.target = target
        self.options = options
    }

    /// Tries each task once, then loads. When the task that runs it is cancelled, what was measured until then is returned.
    /// - Throws: `Problem` when a task fails before any load, or when the load cannot be sent.
    package func run(progress: @escaping @Sendable (ProgressEvent) -> Void) async throws -> Result {
        var measurement = Model.Measurement(variant: nil, stackKind: "url", began: Date().timeIntervalSince1970)
        let generator = try LoadGenerator(target: target, load: load, options: options)
        measurement.preflight = await generator.preflight()
        if let failure = measurement.preflight.lazy.compactMap(\.failure).first {
            _ = await generator.stop()
            try Task.checkCancellation()
            throw MeasurementRun.brokenTask(failure)
        }
        let samples = Mutex<[SecondSample]>([])
        let run = LoadRun(
            load: load, limits: limits, generator: generator,
            stack: RunningExternalStack(endpoint: Endpoint(host: target.host, port: target.port), prometheus: nil),
            save: { sample in samples.withLock { $0.append(sample) } }, progress: progress)
        let result = await run.run()
        let taken = samples.withLock { $0 }
        measurement.ended = Date().timeIntervalSince1970
        measurement.loadBegan = generator.loadBegan
        measurement.steps = result.steps.isEmpty ? unfinished(taken) : result.steps
        measurement.failures = generator.failureExamples
        measurement.generator = result.generator
        measurement.usage = result.usage
        measurement.notes = result.notes
        let interrupted = result.error is CancellationError
        if let error = result.error, !interrupted { throw error }
        measurement.outcome = interrupted ? .interrupted : .measured
        return Result(measurement: measurement, samples: taken, interrupted: interrupted)
    }

    /// The plateau of a stage that was broken off: from when all its users were there.
    private func unfinished(_ samples: [SecondSample]) -> [LoadStep] {
        guard case .ramp(let stages) = load.shape, let users = stages.first?.users,
            let first = samples.firstIndex(where: { $0.users == users }), first + 1 < samples.count
        else { return [] }
        let plateau = Array(samples[(first + 1)...])
        return [
            LoadStep(
                users: users, purpose: .stage, rampBegan: 0, plateauBegan: first + 1, plateauEnded: samples.count,
                passed: true, validity: ValidityJudge(load: load).validity(users: users, samples: plateau))
        ]
    }
}
