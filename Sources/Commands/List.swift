import ArgumentParser
import Experiments

/// `storelab list`: shows what there is to run.
struct List: AnsweringCommand {
    static let configuration = CommandConfiguration(abstract: "Show the experiments.")

    @Argument(help: "Experiment files or folders; without any, all of experiments/.")
    var files: [String] = []

    func answer(in places: Places) throws -> CommandAnswer {
        let plan = Plan(try loadExperiments(paths: places.experimentPaths(files)), quick: false).text
        let optional = files.isEmpty ? places.optionalExperiments.map(Places.shown) : []
        return CommandAnswer(
            text: ([plan] + optional.map { "Not among them: \($0)" }).joined(separator: "\n"))
    }
}
