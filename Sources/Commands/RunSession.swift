import Experiments
import Foundation
import Model
import Orchestrator
import Reporting
import Results
import Stacks
import Threads

/// One run from its definitions to its reports, the same whether the terminal or a page asked for it.
struct RunSession: Sendable {
    var places: Places
    /// Folder for the results.
    var output: String
    var files: [String]
    var quick = false
    var times = 1
    var keepsPrometheus = false
    /// Of the reports that are written.
    var formats = ReportFormat.standard
    /// What a job's summary holds the limits against.
    var earlier: RecordedRun?
    /// Continues the latest run.
    var resumes = false
    var stackOptions: StackOptions
    /// Agents of all experiments, in place of those that they name.
    var from: [AgentAddress]?

    /// What became of a run.
    struct Ending: Sendable {
        var manifest: RunManifest
        var folder: RunFolder
        var outcomes: Result<[Outcome], any Error>
        /// Paths of the files written.
        var reports: Result<[String], any Error>

        var isInterrupted: Bool {
            guard let all = try? outcomes.get() else { return false }
            return all.contains(.interrupted) || all.count < manifest.plan.count
        }
    }

    /// - Parameter measuring: runs what is cancelled when the run is to end early; the reports are written all the same.
    /// - Throws: what keeps the run from its beginning.
    func run(
        timeline: Timeline,
        measuring: @Sendable (@escaping @Sendable () async throws -> Measured) async throws -> Measured
    ) async throws -> Ending {
        // The programs of the stack inherit it.
        OpenFiles.raiseLimit()
        try await removeLeftovers()
        let folder = resumes ? try RunFolder.find(nil, in: output) : nil
        let manifest =
            if let folder { try HiddenSecrets(places).restored(in: folder.readManifest(), from: files) } else {
                try await newManifest()
            }
        let templates = try places.reportTemplates()
        let measured = try await measuring { try await measure(manifest, into: folder, timeline) }
        Interruption.setHint("the reports are not all written, which is done by: ./storelab report")
        // Not cancelled with the measurement.
        let (studied, reports) = await Task { () -> (StudiedRun?, Result<[String], any Error>) in
            var studied: StudiedRun?
            do {
                let run = StudiedRun(try measured.folder.readRun())
                studied = run
                return (
                    run,
                    .success(
                        try await ReportFiles.write(
                            run, to: measured.folder, formats, templates: templates, against: earlier))
                )
            } catch {
                return (studied, .failure(error))
            }
        }.value
        Interruption.setHint(nil)
        let ending = Ending(
            manifest: manifest, folder: measured.folder, outcomes: measured.outcomes, reports: reports)
        try timeline.tell(.closed(closing(ending, studied, templates)))
        return ending
    }

    typealias Measured = (folder: RunFolder, outcomes: Result<[Outcome], any Error>)

    func definitions() throws -> [Experiment] {
        let experiments = try loadExperiments(paths: places.experimentPaths(files))
        return (quick ? experiments.map(\.quickened) : experiments).map { experiment in
            var experiment = experiment
            experiment.load.from = from ?? experiment.load.from
            return experiment
        }
    }

    private func removeLeftovers() async throws {
        let leftovers = try await Leftovers.clean()
        for path in leftovers.removed { Terminal.tell("storelab: removed what a killed run left in \(path)") }
        for (path, why) in leftovers.kept { Terminal.tell("storelab: not removed yet, \(path): \(why)") }
        if !leftovers.inUse.isEmpty {
            Terminal.tell("storelab: another run is in progress; the two runs affect each other's figures")
        }
    }

    private func newManifest() async throws -> RunManifest {
        let began = Date()
        let experiments = try definitions()
        for experiment in experiments { try EnvironmentVariable.check(experiment.load.setup + experiment.load.tasks) }
        return RunManifest(
            id: RunName.make(at: began, in: output), version: storelabVersion,
            commit: await Checkout.commit(in: places.home),
            began: began.timeIntervalSince1970, quick: quick, host: .current(), experiments: experiments,
            repeats: times == 1 ? nil : times, keepsPrometheus: keepsPrometheus ? true : nil)
    }

    /// - Parameter folder: the folder of the run to continue; nil to start a new run.
    private func measure(
        _ manifest: RunManifest, into folder: RunFolder?, _ timeline: Timeline
    ) async throws -> Measured {
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
        try timeline.tell(.planned(RunPlan(manifest, folder: target.path)))
        let orchestrator = Orchestrator(
            manifest: manifest, folder: target, stack: selection.stack,
            makeSource: AgentOptions.maker(swarm: selection.agents),
            logs: try workspace.folder("logs"), timeline: timeline)
        do {
            return (target, .success(try await orchestrator.run()))
        } catch {
            return (target, .failure(error))
        }
    }

    private func closing(_ ending: Ending, _ studied: StudiedRun?, _ templates: ReportTemplates) -> RunClosing {
        var closing = RunClosing(isInterrupted: ending.isInterrupted)
        if case .failure(let error) = ending.outcomes { closing.problem = "\(error)" }
        if case .failure(let error) = ending.reports { closing.problem = closing.problem ?? "\(error)" }
        guard let studied else { return closing }
        let english = (try? renderAnswers(studied, language: .english, templates: templates)) ?? []
        let french = (try? renderAnswers(studied, language: .french, templates: templates)) ?? []
        closing.answers = zip(english, french).map { english, french in
            RunClosing.Answer(
                experiment: english.experiment, text: LocalizedText(english: english.answer, french: french.answer))
        }
        return closing
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
