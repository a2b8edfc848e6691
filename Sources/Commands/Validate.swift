import ArgumentParser
import Experiments

/// `storelab validate`: checks experiment files and names every fault with its place.
struct Validate: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check experiment files; name every fault with its place.")

    @Argument(help: "Experiment files or folders; without any, all of experiments/ and experiments/optional/.")
    var files: [String] = []

    func answer(in places: Places) throws -> CommandAnswer {
        let optional = files.isEmpty ? places.optionalExperiments : []
        let experiments = try loadExperiments(paths: places.experimentPaths(files) + optional)
        let count = experiments.count
        return CommandAnswer(text: "\(count) \(count == 1 ? "experiment" : "experiments"), no fault")
    }
}
