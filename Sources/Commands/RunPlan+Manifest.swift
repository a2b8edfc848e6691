import Experiments
package import Model
import Orchestrator

extension RunPlan {
    /// - Parameter folder: the run's, absolute.
    init(_ manifest: RunManifest, folder: String) {
        let entries = manifest.plan.enumerated().map { index, planned in
            let experiment = planned.experiment
            return Entry(
                name: MeasurementName(planned, number: index + 1), title: experiment.title,
                time: Estimate(experiment),
                tasks: experiment.load.tasks.map(\.name), criteria: experiment.criteria, shape: experiment.load.shape)
        }
        self.init(
            run: manifest.id, folder: folder, isQuick: manifest.quick, stack: manifest.stackChoice, entries: entries)
    }
}

extension RunPlan.Estimate {
    /// Of one of its measurements.
    package init(_ experiment: Experiment) {
        // What a search takes grows in proportion to the length of a change.
        let (none, one) = (experiment.loadSeconds(change: 0), experiment.loadSeconds(change: 1))
        self.init(
            bringUp: experiment.usualBringUp, load: experiment.loadSeconds(), changes: one - none,
            change: experiment.usualChange)
    }
}
