import ArgumentParser
import Experiments

/// `storelab list`: shows what there is to run.
struct List: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the experiments, with their stacks, loads and durations.")

    @Argument(help: "Experiment files or folders; all of experiments/ if left out.")
    var files: [String] = []

    func answer(in places: Places) throws -> CommandAnswer {
        let plan = Plan(try loadExperiments(paths: places.experimentPaths(files)), quick: false).text
        let optional = files.isEmpty ? places.optionalExperiments.map(Places.shown) : []
        return CommandAnswer(
            text: ([plan] + optional.map { "Not part of a run unless named: \($0)" }).joined(separator: "\n"))
    }
}
