import ArgumentParser
import Experiments

/// `storelab validate`: checks experiment files and names every fault with its place.
struct Validate: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check experiment files, and report every fault with its file, line and column.")

    @Argument(help: "Experiment files or folders; all of experiments/ and experiments/optional/ if left out.")
    var files: [String] = []

    func answer(in places: Places) throws -> CommandAnswer {
        let optional = files.isEmpty ? places.optionalExperiments : []
        let experiments = try loadExperiments(paths: places.experimentPaths(files) + optional)
        let count = experiments.count
        return CommandAnswer(text: "\(count) \(count == 1 ? "experiment" : "experiments"), no faults")
    }
}
