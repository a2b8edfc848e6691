import Foundation
package import Model
package import Results
package import Stacks

/// Runs the experiments of a run one after the other and records each. An experiment that cannot be measured does not
/// keep the others from it.
package struct Orchestrator: Sendable {
    private let manifest: RunManifest
    private let folder: RunFolder
    private let stack: any Stack
    private let makeSource: MakeLoadSource
    private let logs: String
    private let progress: @Sendable (ProgressEvent) -> Void

    /// - Parameter logs: a folder outside the record, for what the stack's programs say while they run.
    package init(
        manifest: RunManifest, folder: RunFolder, stack: any Stack, makeSource: @escaping MakeLoadSource, logs: String,
        progress: @escaping @Sendable (ProgressEvent) -> Void
    ) {
        self.manifest = manifest
        self.folder = folder
        self.stack = stack
        self.makeSource = makeSource
        self.logs = logs
        self.progress = progress
    }

    /// What became of the measurements, in their order; those that an earlier, interrupted run completed are not repeated.
    /// - Throws: `Problem` when the record cannot be written; then nothing further is measured.
    package func run() async throws -> [Outcome] {
        let earlier = try folder.readJournal()
        let journal = try folder.journal()
        let planned = manifest.plan
        progress(.runBegan(measurements: planned.count))
        try journal.append(JournalEntry(time: Self.now, event: .runBegan(pid: getpid())))
        var outcomes: [Outcome] = []
        for (number, plan) in planned.enumerated() {
            if earlier.isMeasured(
                experiment: plan.experiment.name, variant: plan.variant.name, repetition: plan.repetition)
            {
                progress(.skipped(experiment: plan.experiment, variant: plan.variant.name))
                outcomes.append(.measured)
                continue
            }
            guard !Task.isCancelled else { break }
            progress(
                .measurementBegan(
                    experiment: plan.experiment, variant: plan.variant.name, number: number + 1, of: planned.count))
            let record = try MeasurementRecord(
                run: folder, experiment: plan.experiment, at: plan.index, variant: plan.variant.name,
                repetition: plan.repetition)
            let measurement = MeasurementRun(
                plan, stack: stack, record: record, makeSource: makeSource, logs: "\(logs)/\(number + 1)",
                keepsPrometheus: manifest.keepsPrometheus == true,
                journal: { event in
                    try journal.append(
                        JournalEntry(
                            time: Self.now, event: event, experiment: plan.experiment.name,
                            variant: plan.variant.name, repetition: plan.repetition))
                }, progress: progress)
            outcomes.append(try await measurement.run())
        }
        if !Task.isCancelled { try journal.append(JournalEntry(time: Self.now, event: .runEnded)) }
        return outcomes
    }

    private static var now: UnixTime { Date().timeIntervalSince1970 }
}
