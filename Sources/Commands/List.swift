import ArgumentParser
import Experiments

/// `storelab list`: shows what there is to run.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the experiments.")

    @Argument(help: "Experiment files or folders; without any, all of experiments/.")
    var files: [String] = []

    func run() throws {
        let experiments = try loadExperiments(paths: Places().experimentPaths(files))
        Terminal.answer(Plan(experiments, quick: false).text)
    }
}
