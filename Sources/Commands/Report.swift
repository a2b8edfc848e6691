import ArgumentParser
import Foundation
import Results

/// `storelab report`: writes the report again from the record.
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the report of a run again, from its record.",
        discussion: "Needs no server; the same record gives the same bytes.")

    @Argument(help: ArgumentHelp("The run's name or folder; without it, the latest.", valueName: "run"))
    var recorded: String?

    @Option(
        help: ArgumentHelp(
            "Any of md, html, json, csv, junit and pdf, separated by commas.", valueName: "formats"),
        transform: ReportFormat.list)
    var format = ReportFormat.standard

    @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
    var output: String?

    func run() async throws {
        let places = try Places()
        let folder = try RunFolder.find(recorded, in: output ?? places.output)
        let files = try await ReportFiles.write(for: folder, format, templates: places.reportTemplates())
        Terminal.answer(files.map(Places.shown).joined(separator: "\n"))
    }
}
