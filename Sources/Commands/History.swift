import Analysis
import ArgumentParser
import Foundation
import Model
import Reporting
import Results

/// `storelab history`: an experiment over all runs.
struct History: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show an experiment's limit, requests/s and p95 over all runs, and where they changed.",
        discussion: """
            Runs of different machines, stacks or definitions are different series, which no statistic mixes. At a change, \
            what was set otherwise is named. Runs that cannot be read are listed.
            """)

    @Argument(help: ArgumentHelp("Name of the experiment; all experiments if left out.", valueName: "experiment"))
    var experiment: String?

    @Option(help: ArgumentHelp("Form of the answer: md, json or csv.", valueName: "format"))
    var format = HistoryFormat.markdown

    @Option(help: ArgumentHelp("Write a page to this file, instead of answering with text.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Language: en or fr.", valueName: "language"))
    var language = Language.english

    @Option(help: ArgumentHelp("Folder of the runs.", valueName: "folder"))
    var output: String?

    func answer(in places: Places) async throws -> CommandAnswer {
        let folder = output ?? places.output
        let histories = try await Self.read(folder, experiment: experiment)
        if let experiment, histories.histories.isEmpty { throw try unknown(experiment, in: folder) }
        let templates = try places.reportTemplates()
        if let html {
            try Self.write(renderHistoryPage(histories, language: language, templates: templates), to: html)
            return CommandAnswer(text: Places.shown(html))
        }
        switch format {
        case .markdown:
            return CommandAnswer(text: try renderHistory(histories, language: language, templates: templates))
        // The end of the last line is the answer's own, and a terminal has lines as it ends them.
        case .json: return CommandAnswer(text: String(try ReportFiles.json(HistoryData(histories)).dropLast()))
        case .csv:
            return CommandAnswer(text: String(HistoryData(histories).csv.replacing("\r\n", with: "\n").dropLast()))
        }
    }

    /// Each run is read, reduced to its figures and let go, on a core of its own.
    private static func read(_ output: String, experiment: String?) async throws -> RunHistories {
        typealias Found = (entries: [HistoryEntry], unreadable: RunHistories.Unreadable?)
        let folders = RunFolder.all(in: output)
        let found = await withTaskGroup(of: (Int, Found).self) { group in
            var results: [Int: Found] = [:]
            let width = ProcessInfo.processInfo.activeProcessorCount
            for (index, folder) in folders.enumerated() {
                if index >= width, let (done, result) = await group.next() { results[done] = result }
                group.addTask { (index, read(folder, experiment: experiment)) }
            }
            for await (index, result) in group { results[index] = result }
            return folders.indices.compactMap { results[$0] }
        }
        return RunHistories(
            histories: ExperimentHistory.all(of: found.flatMap(\.entries)),
            runs: found.count { $0.unreadable?.reason == nil }, unreadable: found.compactMap(\.unreadable))
    }

    private static func read(
        _ folder: RunFolder, experiment: String?
    ) -> (entries: [HistoryEntry], unreadable: RunHistories.Unreadable?) {
        let name = (folder.path as NSString).lastPathComponent
        do {
            let run = try folder.readRun(only: experiment)
            let places = run.allFaults + run.unreadable
            return (
                HistoryEntry.all(of: run, experiment: experiment),
                places.isEmpty ? nil : RunHistories.Unreadable(run: name, places: places)
            )
        } catch {
            let reason = (error as? Problem)?.message ?? "\(error)"
            return ([], RunHistories.Unreadable(run: name, reason: reason))
        }
    }

    private func unknown(_ experiment: String, in folder: String) throws -> Problem {
        let names = RunFolder.all(in: folder).flatMap { (try? $0.readManifest().experiments.map(\.name)) ?? [] }
        let known = Set(names).sorted().joined(separator: ", ")
        return Problem(
            .usage, "no run in \(folder) has an experiment \(experiment)",
            nextStep: known.isEmpty
                ? "There is no run yet; make one with: ./storelab run" : "The runs there have: \(known).")
    }

    private static func write(_ page: String, to file: String) throws {
        do {
            try Data(page.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw Problem(.machine, "\(file) cannot be written", nextStep: "Name a file in a folder that exists.")
        }
    }
}

enum HistoryFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case markdown = "md"
    case json, csv
}
