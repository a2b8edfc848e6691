import ArgumentParser
import Experiments

/// `storelab validate`: checks experiment files and names every fault with its place.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check experiment files, and report every fault with its file, line and column.")

    @Argument(help: "Experiment files or folders; all of experiments/ and experiments/optional/ if left out.")
    var files: [String] = []

    func run() throws {
        let places = try Places()
        let optional = files.isEmpty ? places.optionalExperiments : []
        let experiments = try loadExperiments(paths: places.experimentPaths(files) + optional)
        let count = experiments.count
        Terminal.answer("\(count) \(count == 1 ? "experiment" : "experiments"), no faults")
    }
}
