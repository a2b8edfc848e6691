import Analysis
import ArgumentParser
import Foundation
import LoadGenerator
import Model
import Orchestrator
import TestTarget
import Threads

/// `storelab calibrate`: what the generator can do on this machine.
struct Calibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how much load this machine can generate; takes about 15 s.",
        discussion: """
            The load goes to a built-in server that answers at once. It shares the machine with the generator, as the store
            does in an experiment. The result is the highest load that any application on this machine can be given.
            """)

    @Option(help: "Threads that send requests.")
    var threads = 1

    func validate() throws {
        guard (1...64).contains(threads) else { throw ValidationError("--threads takes 1 to 64") }
    }

    func run() async throws {
        OpenFiles.raiseLimit()
        let rows = try await Interruption.cancelling(telling: nil) {
            try await TargetServer.with { (_, port) async throws in
                var rows: [CalibrationRow] = []
                for trial in CalibrationTrial.all {
                    Terminal.tell("storelab: \(trial.title) …")
                    rows.append(try await trial.run(port: port, threads: threads))
                }
                return rows
            }
        }
        let head = ["trial", "users", "req/s", "core per thread", "CPU per request", "sent late, p99", "verdict"]
        Terminal.answer(Text.table([head] + rows.map(\.cells)) + "\n\n" + Self.words(rows))
    }

    private static func words(_ rows: [CalibrationRow]) -> String {
        guard let fastest = rows.map(\.rate).max(), let most = rows.filter({ $0.verdict == .valid }).map(\.users).max()
        else { return "No trial was valid: the machine is too busy to measure anything now." }
        return """
            An application that shares this machine can be given up to about \(Text.number(fastest)) requests/s. An answer close
            to that is marked GENERATOR-LIMITED and reads "at least". Requests of \(most) users with think time were sent on time.
            """
    }
}

/// One load of a calibration.
struct CalibrationTrial: Sendable {
    let title: String
    let users: Int
    let think: ThinkTime
    let seconds: Seconds

    static let all = [
        CalibrationTrial(
            title: "as fast as 50 connections go", users: 50, think: ThinkTime(minimum: 0, maximum: 0), seconds: 3),
        CalibrationTrial(
            title: "2,000 users who think for 1 to 3 s", users: 2000, think: ThinkTime(minimum: 1, maximum: 3),
            seconds: 3),
        CalibrationTrial(
            title: "8,000 users who think for 1 to 3 s", users: 8000, think: ThinkTime(minimum: 1, maximum: 3),
            seconds: 3),
    ]

    func run(port: Int, threads: Int) async throws -> CalibrationRow {
        let load = LoadDefinition(
            tasks: [LoadTask(name: "ok", weight: 1, method: .get, path: "/ok", expect: Check())],
            thinkTime: think, shape: .ramp([LoadStage(users: users, spawnRate: Double(users), hold: seconds)]))
        let result = try await PlainLoad(
            load: load, criteria: [], endpoint: Endpoint(host: "127.0.0.1", port: port),
            makeSource: LoadGenerator.maker(LoadOptions(threads: threads))
        ).run(timeline: Timeline())
        try Task.checkCancellation()
        let recorded = RecordedMeasurement(measurement: result.measurement, samples: result.samples)
        guard let step = recorded.judgedSteps(load: load, criteria: []).last, let summary = step.summary else {
            throw Problem(
                .measurement, "the trial \"\(title)\" has no plateau", nextStep: "Run it on a quieter machine.")
        }
        return CalibrationRow(
            trial: self, summary: summary, seconds: recorded.plateau(of: step.step).compactMap(\.generator),
            verdict: step.validity?.verdict)
    }
}

/// What one trial showed.
struct CalibrationRow: Sendable {
    let title: String
    let users: Int
    /// Requests per second.
    let rate: Double
    /// Of the busiest thread, in the mean.
    let cpu: Share
    /// Seconds of the generator's CPU per request.
    let cost: Seconds
    let lag: Seconds
    let verdict: Validity.Verdict?

    init(trial: CalibrationTrial, summary: PlateauSummary, seconds: [GeneratorSecond], verdict: Validity.Verdict?) {
        title = trial.title
        users = trial.users
        rate = summary.all.rate
        let count = Double(max(1, seconds.count))
        let busy = seconds.reduce(0) { $0 + ($1.loops.map(\.cpu).max() ?? 0) }
        cpu = busy / count
        let all = seconds.reduce(0) { $0 + $1.loops.reduce(0) { $0 + $1.cpu } }
        cost = summary.all.ended > 0 ? all / Double(summary.all.ended) : 0
        lag = Distribution.merged(seconds.map(\.lag)).percentile(99) ?? 0
        self.verdict = verdict
    }

    var cells: [String] {
        [
            title, "\(users)", Text.number(rate), Text.percent(cpu), "\(Text.number(cost * 1e6)) µs",
            Text.milliseconds(lag), verdict?.rawValue ?? "–",
        ]
    }
}
