import ArgumentParser
import Experiments

/// `storelab validate`: checks experiment files and names every fault with its place.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check experiment files; name every fault with its place.")

    @Argument(help: "Experiment files or folders; without any, all of experiments/.")
    var files: [String] = []

    func run() throws {
        let experiments = try loadExperiments(paths: Places().experimentPaths(files))
        let count = experiments.count
        Terminal.answer("\(count) \(count == 1 ? "experiment" : "experiments"), no fault")
    }
}
