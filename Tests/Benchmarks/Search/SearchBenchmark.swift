import Analysis
import ArgumentParser
import Foundation
import Model
import SimulatedLaboratory

/// Searches for limits that are known, by the thousand, in virtual time.
@main struct SearchBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Searches the limits of simulated applications, whose true limits are known.",
        subcommands: [Score.self, Pairs.self, Show.self, Truth.self, List.self, Plateaus.self, Changes.self],
        defaultSubcommand: Score.self)
}

/// Which of the simulated applications.
struct ModelOptions: ParsableArguments {
    @Option(help: "Only models whose name contains this text.")
    var model: String?

    var models: [SimulatedModel] { SimulatedModel.all.filter { model.map($0.name.contains) ?? true } }
}

/// How often.
struct CountOptions: ParsableArguments {
    @Option(help: "Searches per model, or pairs.")
    var searches = 1000

    @Flag(help: "Forty of them: half a minute.")
    var quick = false

    var count: Int { quick ? 40 : searches }
}

struct Score: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Per model: how often the interval holds the limit, how wide it is, and the seconds of load.")

    @OptionGroup var chosen: ModelOptions
    @OptionGroup var often: CountOptions

    func run() {
        print(SearchScore.heading)
        for model in chosen.models { SearchScore.all(of: model, searches: often.count).forEach { say($0.row) } }
    }
}

struct Pairs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How often two applications are called different: equal ones, and one with 15 % less capacity.")

    @OptionGroup var often: CountOptions

    func run() {
        for (capacity, repeats) in [(1.0, 1), (1, 3), (0.85, 1), (0.85, 3)] {
            let differing = PairScore(pairs: often.count, capacity: capacity, repeats: repeats).differing * 100
            say(String(format: "capacity ×%.2f, %d each: %5.1f%% called different", capacity, repeats, differing))
        }
    }
}

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The steps of one search per model.")

    @OptionGroup var chosen: ModelOptions
    @Argument(help: "Number of the search, from 1 on.")
    var number = 1

    func run() {
        for model in chosen.models {
            let search = SimulatedSearch(of: model, number: number)
            print(model.name, search.answer.estimate.map { "\($0)" } ?? "no estimate", search.answer.verdict)
            for step in search.steps {
                let excesses = step.trial.map { "\($0.excesses.map { $0 ?? .nan })" } ?? ""
                print(" ", step.step.purpose, step.step.users, step.step.plateau, step.outcome, excesses)
            }
        }
    }
}

struct Truth: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The limits of the models, by long simulation.")

    @OptionGroup var chosen: ModelOptions

    func run() {
        for model in chosen.models { say(String(format: "%.1f ", model.simulatedLimit()) + model.name) }
    }
}

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The limits and names of the models.")

    func run() {
        for model in SimulatedModel.all { print(model.limit, model.name) }
    }
}

/// For `mlrsearch.py`.
struct Plateaus: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads a seed, users and seconds from each line, and prints whether that plateau passed or failed.")

    @Argument(help: "Name of the model.")
    var model: String

    func run() throws {
        guard let model = SimulatedModel.all.first(where: { $0.name == model }) else {
            throw ValidationError("there is no such model; `list` prints them")
        }
        while let line = readLine() {
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            guard numbers.count == 3 else { throw ValidationError("a line has a seed, users and seconds: \(line)") }
            say(model.holds(seed: UInt64(numbers[0]), users: numbers[1], seconds: numbers[2]) ? "passed" : "failed")
        }
    }
}

/// For `changes.py`: reads one series a line, its values separated by blanks, and writes where it changes.
struct Changes: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Where each series on standard input, one a line, changes.", shouldDisplay: false)

    func run() {
        while let line = readLine() {
            let values = line.split(separator: " ").compactMap { Double($0) }
            say(ChangePoint.all(in: values).map { String($0.index) }.joined(separator: " "))
        }
    }
}

/// Prints a line at once, also into a pipe.
private func say(_ line: String) {
    print(line)
    fflush(nil)
}
