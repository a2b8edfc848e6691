import Model
import Orchestrator

extension RunPlan {
    /// - Parameter folder: the run's, absolute.
    init(_ manifest: RunManifest, folder: String) {
        let entries = manifest.plan.enumerated().map { index, planned in
            let experiment = planned.experiment
            return Entry(
                name: MeasurementName(planned, number: index + 1), title: experiment.title,
                seconds: Plan.seconds(of: experiment) / Double(experiment.variants.count),
                tasks: experiment.load.tasks.map(\.name), criteria: experiment.limits, shape: experiment.load.shape)
        }
        self.init(
            run: manifest.id, folder: folder, isQuick: manifest.quick, stack: manifest.stackChoice, entries: entries)
    }
}
