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
    private let timeline: Timeline

    /// - Parameter logs: a folder outside the record, for what the stack's programs say while they run.
    package init(
        manifest: RunManifest, folder: RunFolder, stack: any Stack, makeSource: @escaping MakeLoadSource, logs: String,
        timeline: Timeline
    ) {
        self.manifest = manifest
        self.folder = folder
        self.stack = stack
        self.makeSource = makeSource
        self.logs = logs
        self.timeline = timeline
    }

    /// What became of the measurements, in their order; those that an earlier, interrupted run completed are not repeated.
    /// - Throws: `Problem` when the record cannot be written; then nothing further is measured.
    package func run() async throws -> [Outcome] {
        let earlier = try folder.readJournal()
        let journal = try folder.journal()
        let planned = manifest.plan
        timeline.keep { event in
            if let entry = JournalEntry(event) { try journal.append(entry) }
        }
        try timeline.tell(.runBegan(pid: getpid()))
        var outcomes: [Outcome] = []
        for (index, plan) in planned.enumerated() {
            let name = MeasurementName(plan, number: index + 1)
            if earlier.isMeasured(
                experiment: plan.experiment.name, variant: plan.variant.name, repetition: plan.repetition)
            {
                try timeline.tell(.skipped, of: name)
                outcomes.append(.measured)
                continue
            }
            guard !Task.isCancelled else { break }
            let record = try MeasurementRecord(
                run: folder, experiment: plan.experiment, at: plan.index, variant: plan.variant.name,
                repetition: plan.repetition)
            let measurement = MeasurementRun(
                plan, stack: stack, record: record, makeSource: makeSource, logs: "\(logs)/\(index + 1)",
                keepsPrometheus: manifest.keepsPrometheus == true,
                timeline: timeline, name: name)
            outcomes.append(try await measurement.run())
        }
        if !Task.isCancelled { try timeline.tell(.runEnded) }
        return outcomes
    }
}
