import ArgumentParser
import Foundation
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
            "Formats to write, separated by commas: md, html, json, csv, junit, pdf.", valueName: "formats"),
        transform: ReportFormat.list)
    var format = ReportFormat.standard

    @Option(help: ArgumentHelp("Folder for the results.", valueName: "folder"))
    var output: String?

    func run() async throws {
        let places = try Places()
        let folder = try RunFolder.find(recorded, in: output ?? places.output)
        let files = try await ReportFiles.write(for: folder, format, templates: places.reportTemplates())
        Terminal.answer(files.map(Places.shown).joined(separator: "\n"))
    }
}
