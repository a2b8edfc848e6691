import ArgumentParser
import Foundation
import Model
import Reporting
import Results

/// `storelab report`: writes the report again from the record.
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the report of a run again, from its record.",
        discussion: "It needs no server. The same record always gives the same bytes.")

    @Argument(help: ArgumentHelp("Name or folder of the run; the latest run if left out.", valueName: "run"))
    var recorded: String?

    @Option(
        help: ArgumentHelp(
            "Formats to write, separated by commas: md, html, json, csv, junit, pdf, github.", valueName: "formats"),
        transform: ReportFormat.list)
    var format = ReportFormat.standard

    @Option(
        help: ArgumentHelp(
            "Languages to write, separated by commas: en, fr, de. In German only the answers are; the rest is in English.",
            valueName: "languages"), transform: Self.languages)
    var language = Language.allCases

    @Option(
        help: ArgumentHelp("Characters of the charts in Markdown: ascii, block or braille.", valueName: "characters"))
    var charts = ChartStyle.ascii

    @OptionGroup
    var summary: SummaryOptions

    @Option(help: ArgumentHelp("Folder for the results.", valueName: "folder"))
    var output: String?

    func validate() throws { try summary.check(for: format) }

    /// Names separated by commas.
    /// - Throws: `ValidationError` that names those there are.
    static func languages(_ text: String) throws -> [Language] {
        try text.split(separator: ",").map { part in
            let name = part.trimmingCharacters(in: .whitespaces)
            guard let language = Language(rawValue: name) else {
                let known = Language.known.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no language \(name); the languages are \(known).")
            }
            return language
        }
    }

    func run() async throws {
        let places = try Places()
        let folder = try RunFolder.find(recorded, in: output ?? places.output)
        let earlier = try summary.earlier(in: output ?? places.output)
        async let templates = places.reportTemplates()
        async let run = StudiedRun(folder.readRun())
        let files = try await ReportFiles.write(
            run, to: folder, format, .init(languages: language, charts: charts), templates: templates, against: earlier)
        Terminal.answer(files.map(Places.shown).joined(separator: "\n"))
    }
}

/// What the summary of a job (`--format github`) is made with.
struct SummaryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Earlier run that the summary of --format github holds the limits against: its name or folder.",
            valueName: "run"))
    var against: String?

    /// - Throws: `ValidationError` where no summary is asked for.
    func check(for formats: [ReportFormat]) throws {
        guard let against, !formats.contains(.github) else { return }
        throw ValidationError("--against \(against) needs --format github, which alone compares with an earlier run.")
    }

    /// - Throws: `Problem` (usage) where it cannot be read.
    func earlier(in output: String) throws -> RecordedRun? {
        try against.map { try RunFolder.find($0, in: output).readRun() }
    }
}

extension ChartStyle: ExpressibleByArgument {}
