import ArgumentParser
import Experiments

/// `storelab validate`: checks experiment files and names every fault with its place.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check experiment files; name every fault with its place.")

    @Argument(help: "Experiment files or folders; without any, all of experiments/ and experiments/optional/.")
    var files: [String] = []

    func run() throws {
        let places = try Places()
        let optional = files.isEmpty ? places.optionalExperiments : []
        let experiments = try loadExperiments(paths: places.experimentPaths(files) + optional)
        let count = experiments.count
        Terminal.answer("\(count) \(count == 1 ? "experiment" : "experiments"), no fault")
    }
}
