import ArgumentParser
import Experiments
import Foundation
import LoadGenerator
import Model
import Orchestrator
import Results
import Stacks
import Threads

/// `storelab run`: measures experiments and writes the report.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure experiments and write the report.",
        discussion: "Without files, it runs all experiments in experiments/, in the order of their file names.")

    @Argument(help: "Experiment files or folders.")
    var files: [String] = []

    @Flag(help: "Shorten every duration, to show that everything works. The report says that it is not a measurement.")
    var quick = false

    @Flag(
        help: """
            Continue the latest run. Experiments that it has measured are not repeated. Name the files again only if their \
            load needs secrets, such as a token: secrets are not recorded.
            """)
    var resume = false

    @Option(
        name: .customLong("repeat"),
        help: ArgumentHelp(
            "Measure each experiment this many times, in turns. The report then shows how far the measurements lie apart.",
            valueName: "times"))
    var times = 1

    @Flag(help: "Keep the Prometheus data of each measurement in the run's folder, so that you can look at them later.")
    var keepPrometheus = false

    @Flag(help: "Show the plan and its duration, and stop there.")
    var dryRun = false

    @Option(help: ArgumentHelp("Folder for the results.", valueName: "folder"))
    var output: String?

    @OptionGroup
    var stackOptions: StackOptions

    func validate() throws {
        if resume, quick || dryRun || times != 1 || keepPrometheus {
            throw ValidationError(
                "--resume continues a run with the options that it was started with; leave out --quick, --repeat, "
                    + "--keep-prometheus and --dry-run.")
        }
        guard (1...100).contains(times) else {
            throw ValidationError("--repeat \(times): write a number from 1 to 100.")
        }
    }

    func run() async throws {
        let places = try Places()
        let output = self.output ?? places.output
        if dryRun { return Terminal.answer(Plan(try definitions(places), quick: quick, times: times).text) }
        // The programs of the stack inherit it.
        OpenFiles.raiseLimit()
        try await removeLeftovers()
        let folder = resume ? try RunFolder.find(nil, in: output) : nil
        let manifest =
            if let folder { try HiddenSecrets(places).restored(in: folder.readManifest(), from: files) } else {
                try await newManifest(places, output: output)
            }
        let templates = try places.reportTemplates()
        let (target, outcomes) = try await Interruption.cancelling {
            try await measure(manifest, into: folder, of: output, places)
        }
        Interruption.setHint("the reports are not all written, which is done by: ./storelab report")
        let reports: Result<[String], any Error>
        do {
            reports = .success(try await ReportFiles.write(for: target, templates: templates))
        } catch {
            reports = .failure(error)
        }
        try tellOfPrometheus(in: target)
        try conclude(outcomes, reports, of: manifest)
    }

    private func removeLeftovers() async throws {
        let leftovers = try await Leftovers.clean()
        for path in leftovers.removed { Terminal.tell("storelab: removed what a killed run left in \(path)") }
        for (path, why) in leftovers.kept { Terminal.tell("storelab: not removed yet, \(path): \(why)") }
        if !leftovers.inUse.isEmpty {
            Terminal.tell("storelab: another run is in progress; the two runs affect each other's figures")
        }
    }

    private func definitions(_ places: Places) throws -> [Experiment] {
        let experiments = try loadExperiments(paths: places.experimentPaths(files))
        return quick ? experiments.map(\.quickened) : experiments
    }

    private func newManifest(_ places: Places, output: String) async throws -> RunManifest {
        let began = Date()
        let experiments = try definitions(places)
        return RunManifest(
            id: RunName.make(at: began, in: output), version: storelabVersion,
            commit: await Checkout.commit(in: places.home),
            began: began.timeIntervalSince1970, quick: quick, host: .current(), experiments: experiments,
            repeats: times == 1 ? nil : times, keepsPrometheus: keepPrometheus ? true : nil)
    }

    /// - Parameter folder: the folder of the run to continue; nil to start a new run.
    /// - Returns: the run's folder, and the outcomes of its measurements.
    private func measure(
        _ manifest: RunManifest, into folder: RunFolder?, of output: String, _ places: Places
    ) async throws -> (RunFolder, Result<[Outcome], any Error>) {
        let workspace = try Workspace(run: manifest.id)
        defer { workspace.remove() }
        let selection = try await StackSelection.choose(
            stackOptions, for: manifest.experiments, places, workspace: workspace)
        var manifest = manifest
        manifest.stackChoice = selection.reason
        if let reason = selection.reason { Terminal.tell("storelab: the stack is \(reason)") }
        let target = try folder ?? RunFolder.create(in: output, manifest: manifest)
        for experiment in manifest.experiments where experiment.load.seedIsDrawn {
            Terminal.tell(
                "storelab: \(experiment.name) uses the random seed \(experiment.load.seed); `seed: \(experiment.load.seed)` gives the same load"
            )
        }
        let display = ProgressDisplay(style: .current)
        defer { display.end() }
        let timeline = Timeline(readers: [display.show])
        try timeline.tell(.planned(RunPlan(manifest, folder: target.path)))
        let orchestrator = Orchestrator(
            manifest: manifest, folder: target, stack: selection.stack, makeSource: LoadGenerator.maker(),
            logs: try workspace.folder("logs"), timeline: timeline)
        do {
            return (target, .success(try await orchestrator.run()))
        } catch {
            return (target, .failure(error))
        }
    }

    /// Says how to look at what was kept.
    private func tellOfPrometheus(in folder: RunFolder) throws {
        guard let first = try folder.keptPrometheus().first else { return }
        Terminal.tell(
            """
            storelab: the Prometheus data are kept. To look at them, select the time of the run (README.md, "Look further"):
              prometheus --config.file=/dev/null --storage.tsdb.retention.time=100y --storage.tsdb.path=\(Places.shown(first))
            """)
    }

    private func conclude(
        _ outcomes: Result<[Outcome], any Error>, _ reports: Result<[String], any Error>, of manifest: RunManifest
    ) throws {
        if case .success(let files) = reports { Terminal.answer(files.map(Places.shown).joined(separator: "\n")) }
        let all = try outcomes.get()
        _ = try reports.get()
        if all.contains(.interrupted) || all.count < manifest.plan.count {
            let files = Redaction().manifest(manifest).hidesSecrets == true ? " FILE…" : ""
            Terminal.tell("storelab: interrupted; continue with: ./storelab run --resume\(files)")
            throw ExitStatus.interrupted
        }
        guard all.allSatisfy({ $0 == .measured }) else { throw ExitStatus.notMeasured }
    }
}

/// Names of runs: their start in UTC, in a form that every file system accepts.
enum RunName {
    /// A name that is free in the folder: runs that start in the same second get `-2`, `-3` and so on.
    static func make(at time: Date, in output: String) -> String {
        let name = time.formatted(.iso8601.dateSeparator(.dash).timeSeparator(.colon)).replacing(":", with: "-")
        let isTaken = { (name: String) in FileManager.default.fileExists(atPath: "\(output)/\(name)") }
        guard isTaken(name) else { return name }
        return (2...).lazy.map { "\(name)-\($0)" }.first { !isTaken($0) } ?? name
    }
}
