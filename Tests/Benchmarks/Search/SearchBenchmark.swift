import Analysis
import ArgumentParser
import Foundation
import Model
import SimulatedLaboratory

/// Searches for limits that are known, by the thousand, in virtual time.
@main struct SearchBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Searches the limits of simulated applications, and prints how often and how well they are found.")

    @Option(help: "Searches per model.")
    var searches = 1000

    @Option(help: "Only models whose name contains this text.")
    var model: String?

    @Flag(help: "Forty searches per model: half a minute.")
    var quick = false

    @Option(help: "Instead: print the steps of the search with this number.")
    var show: Int?

    @Flag(help: "Instead: compute the limits of the models by long simulation.")
    var truth = false

    func run() throws {
        let models = SimulatedModel.all.filter { model.map($0.name.contains) ?? true }
        guard !truth else {
            for model in models {
                print(model.name, String(format: "%.1f", model.simulatedLimit()))
                fflush(nil)
            }
            return
        }
        if let show {
            for model in models { Self.show(SimulatedSearch(of: model, number: show), of: model) }
            return
        }
        print(SearchScore.heading)
        for model in models {
            print(SearchScore(of: model, searches: quick ? 40 : searches).row)
            fflush(nil)
        }
    }
}

extension SearchBenchmark {
    private static func show(_ search: SimulatedSearch, of model: SimulatedModel) {
        print(model.name, search.answer.estimate.map { "\($0)" } ?? "no estimate", search.answer.verdict)
        for step in search.steps {
            print(
                " ", step.step.purpose, step.step.users, step.step.plateau, step.passed ? "held" : "broke",
                step.trial.map { "\($0.excesses.map { $0 ?? .nan })" } ?? "")
        }
    }
}
