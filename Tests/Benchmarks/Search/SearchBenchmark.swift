import Analysis
import ArgumentParser
import Foundation
import Model
import SimulatedLaboratory
import Synchronization

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
                let limit = Truth.limit(of: model)
                print(model.name, limit.map { String(format: "%.1f", $0) }.joined(separator: " "))
            }
            return
        }
        if let show {
            for model in models { Self.show(SearchScore.search(model, number: show), of: model) }
            return
        }
        print(SearchScore.heading)
        for model in models { print(SearchScore(of: model, searches: quick ? 40 : searches).row) }
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

/// How the searches of one model went.
struct SearchScore {
    private let model: SimulatedModel
    private let results: [(estimate: Double, lower: Double, upper: Double, seconds: Int, trials: Int)]
    private let failed: Int

    init(of model: SimulatedModel, searches: Int) {
        self.model = model
        let found = Mutex<[(estimate: Double, lower: Double, upper: Double, seconds: Int, trials: Int)]>([])
        let missing = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: searches) { index in
            let search = Self.search(model, number: index + 1)
            if let estimate = search.answer.estimate {
                found.withLock {
                    $0.append(
                        (
                            estimate.users, estimate.lower ?? 0, estimate.upper ?? .infinity, search.seconds,
                            search.measurement.measurement.steps.count { $0.purpose == .trial }
                        ))
                }
            } else {
                missing.withLock { $0 += 1 }
            }
        }
        results = found.withLock { $0 }
        failed = missing.withLock { $0 }
    }

    static func search(_ model: SimulatedModel, number: Int) -> SimulatedSearch {
        let seed = UInt64(number) &* 1_000_003
        return SimulatedSearch(
            of: model.make(seed), load: SimulatedModel.load(seed: seed), limits: SimulatedModel.criteria)
    }

    static let heading =
        "model               limit  covered  too low  too high    width    bias   error  seconds trials  none"

    var row: String {
        let count = Double(max(1, results.count))
        let covered = Double(results.count { $0.lower <= model.limit && model.limit <= $0.upper }) / count
        let low = Double(results.count { $0.upper < model.limit }) / count
        let high = Double(results.count { $0.lower > model.limit }) / count
        let width = median(results.map { $0.upper / $0.lower - 1 })
        let bias = median(results.map { $0.estimate / model.limit - 1 })
        let error = (results.map { pow($0.estimate / model.limit - 1, 2) }.reduce(0, +) / count).squareRoot()
        let seconds = Double(results.reduce(0) { $0 + $1.seconds }) / count
        return model.name.padding(toLength: 18, withPad: " ", startingAt: 0)
            + String(
                format: "%7.0f %7.1f%% %7.1f%% %8.1f%% %7.1f%% %+6.1f%% %6.1f%% %8.1f %6.1f %5d", model.limit,
                covered * 100,
                low * 100, high * 100, width * 100, bias * 100, error * 100, seconds,
                Double(results.reduce(0) { $0 + $1.trials }) / count, failed)
    }

    private func median(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.sorted()[values.count / 2]
    }
}
