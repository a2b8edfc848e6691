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

    @Flag(help: "Instead: compare pairs of equal applications, and of one with 15 % less capacity than the other.")
    var pairs = false

    @Option(help: "Instead: print the steps of the search with this number.")
    var show: Int?

    @Flag(help: "Instead: print the models with their limits.")
    var list = false

    @Flag(
        help:
            "Instead: read a seed, users and seconds from each line, and print whether a plateau held, for other searches."
    )
    var measure = false

    @Flag(help: "Instead: compute the limits of the models by long simulation.")
    var truth = false

    func run() throws {
        let models = (SimulatedModel.all + [.moving]).filter {
            model.map($0.name.contains) ?? ($0.name != "moving limit")
        }
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
        if list {
            for model in models { print(model.limit, model.name) }
            return
        }
        if measure, let model = models.first {
            while let line = readLine() {
                let numbers = line.split(separator: " ").compactMap { Int($0) }
                guard numbers.count == 3 else { throw ValidationError("a line has a seed, users and seconds: \(line)") }
                let holds = model.holds(seed: UInt64(numbers[0]), users: numbers[1], seconds: numbers[2])
                print(holds ? "held" : "broke")
                fflush(nil)
            }
            return
        }
        if pairs {
            let count = quick ? 40 : searches
            for (capacity, repeats) in [(1.0, 1), (1, 3), (0.85, 1), (0.85, 3)] {
                let score = PairScore(pairs: count, capacity: capacity, repeats: repeats)
                print(
                    String(
                        format: "capacity ×%.2f, %d each: %5.1f%% called different", capacity, repeats,
                        score.differing * 100))
                fflush(nil)
            }
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
