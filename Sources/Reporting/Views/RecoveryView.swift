import Analysis
import Model

/// What was found between the steps of a search.
extension Writer {
    /// What becomes of the data between the steps of a search; nothing where they are StoreLab's own.
    func restoring(_ experiment: Experiment) throws -> [String] {
        let ranAlready =
            run.experiments.first { $0.experiment == experiment }?.measurements.first?.measurement.stackKind == "url"
        guard experiment.load.shape.isSearch, ranAlready || experiment.stack.subject != .store else { return [] }
        switch experiment.stack.subject.project?.restore {
        case nil: return [try words("setupNotRestored")]
        case .volumes: return [try words("setupRestoreVolumes")]
        case .command(let service, let command):
            return [
                try words(
                    "setupRestoreCommand", ["service": Markdown.code(service), "command": Markdown.code(command)])
            ]
        }
    }

    /// How often somebody's own service was started anew, and how long that took.
    func restorations(_ study: Study, _ experiment: Experiment) throws -> [String] {
        guard let done = study.measurement.restorations, done.count > 0, let own = experiment.stack.subject.project
        else {
            return []
        }
        let mean = (done.seconds / Double(done.count) * 10).rounded() / 10
        let text = try words(
            own.restore == nil ? "factRestarted" : "factRestored",
            [
                "service": Markdown.code(own.service), "count": numbers.integer(done.count),
                "mean": numbers.seconds(mean),
            ])
        return [text + " " + source(study, "restorations")]
    }

    /// Steps that began although the application did not answer as before the load.
    func unrecovered(_ study: Study) throws -> [String] {
        try study.measurement.steps.enumerated().compactMap { index, step in
            guard let fault = step.unrecovered else { return nil }
            var values = [
                "users": numbers.integer(step.users), "waited": numbers.seconds(fault.waited.rounded()),
                "task": Markdown.code(fault.task), "latency": numbers.latency(fault.latency),
                "before": numbers.latency(fault.latencyBefore),
            ]
            values["kind"] = try fault.failure.map { try name(of: $0) }
            let text = try words(fault.failure == nil ? "unrecoveredLate" : "unrecoveredFailed", values)
            return text + " " + source(study, "steps[\(index)].unrecovered")
        }
    }
}
