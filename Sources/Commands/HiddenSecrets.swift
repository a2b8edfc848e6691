import Experiments
import Model
import Results

/// Secrets of definitions, such as a token in a header field, are not recorded. A run that is to go on needs them again.
struct HiddenSecrets {
    private let places: Places

    init(_ places: Places) { self.places = places }

    /// The manifest as it was begun.
    /// - Parameter files: those that the user named; without any, those of a run of all.
    /// - Throws: `Problem` where files are named although nothing is missing, or where the definitions are not those of the
    ///   run.
    func restored(in manifest: RunManifest, from files: [String]) throws -> RunManifest {
        guard manifest.hidesSecrets == true else {
            guard files.isEmpty else {
                throw Problem(
                    .usage, "the run \(manifest.id) knows its experiments; --resume takes no files here",
                    nextStep: "Leave out the files, or leave out --resume to begin a new run.")
            }
            return manifest
        }
        let found = try loadExperiments(paths: places.experimentPaths(files))
        var manifest = manifest
        manifest.experiments = try manifest.experiments.map { recorded in
            for var experiment in found where experiment.name == recorded.name {
                if manifest.quick { experiment = experiment.quickened }
                if recorded.load.seedIsDrawn { experiment.load.seed = recorded.load.seed }
                if Redaction().experiment(experiment) == recorded { return experiment }
            }
            throw Problem(
                .usage,
                "secrets of the run's definitions are not recorded, and no file that was read defines \(recorded.name) as "
                    + "it was begun",
                nextStep: "Name the files as then: ./storelab run --resume FILE…")
        }
        return manifest
    }
}
