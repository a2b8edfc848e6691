import ArgumentParser
import Foundation
import Model
import Reporting
import Results

/// `storelab package`: what is handed in.
struct Package: AsyncParsableCommand, CheckedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the files to hand in: the report as PDF with a title page, and a zip of the source.",
        discussion: """
            The zip contains the commit that is checked out, without results, build products and files that may contain \
            secrets. Both files are written to the run's folder.
            """)

    @Argument(help: ArgumentHelp("Name or folder of the run; the latest run if left out.", valueName: "run"))
    var recorded: String?

    @Option(help: ArgumentHelp("Author on the title page. Repeat the option for several authors.", valueName: "name"))
    var author: [String] = []

    @Option(help: ArgumentHelp("Line below the title, for example the course and the group.", valueName: "text"))
    var subtitle: String?

    @Option(help: ArgumentHelp("Language: en or fr.", valueName: "language"))
    var language = Language.french

    @Flag(
        help: """
            Also write a sheet for grading, in Markdown and as a page: per question what a full answer holds, where this report \
            has it, and model answers to the questions to think about.
            """)
    var grading = false

    @Option(help: ArgumentHelp("Folder for the results.", valueName: "folder"))
    var output: String?

    func check() throws {
        guard Language.allCases.contains(language) else {
            throw Problem(
                .usage, "what is handed in is not written in the language \(language.rawValue)",
                nextStep: "Languages: \(Language.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
    }

    func run() async throws {
        let places = try Places()
        let folder = try RunFolder.find(recorded, in: output ?? places.output)
        let names = author.map(Self.line).filter { !$0.isEmpty }
        let (run, templates) = (StudiedRun(try folder.readRun()), try places.reportTemplates())
        let cover = Cover(authors: names, subtitle: subtitle.map(Self.line))
        let page = try renderPage(run, language: language, templates: templates, cover: cover)
        try folder.write(await SourceArchive.zip(of: places.home), to: "source.zip")
        Terminal.answer(Places.shown(folder.file("source.zip")))
        let name = language == .french ? "rapport-remise" : "report-handed-in"
        // An older PDF shows another page.
        try? FileManager.default.removeItem(atPath: folder.file(name + ".pdf"))
        try folder.write(page, to: name + ".html")
        Terminal.answer(Places.shown(folder.file(name + ".html")))
        if grading {
            for sheet in try GradingSheet.products(of: run, handedIn: name + ".html", language, templates) {
                try folder.write(sheet.text, to: sheet.name)
                Terminal.answer(Places.shown(folder.file(sheet.name)))
            }
        }
        let browser = try Browser.find(elsePrint: Places.shown(folder.file(name + ".html")))
        let pdf = try await browser.pdf { pages in
            try renderPrint(run, language: language, templates: templates, cover: cover, pages: pages)
        }
        try folder.write(pdf, to: name + ".pdf")
        Terminal.answer(Places.shown(folder.file(name + ".pdf")))
        guard names.isEmpty else { return }
        Terminal.tell("storelab: the title page has no author; add one with --author \"Ada Lovelace\"")
    }

    /// What was given as one line, without blanks around it.
    private static func line(_ text: String) -> String {
        text.components(separatedBy: .newlines).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }.joined(separator: " ")
    }
}

/// The sheet's files.
enum GradingSheet {
    /// - Parameter handedIn: the report's page, to which the sheet's page links; the Markdown links to the report's.
    static func products(
        of run: StudiedRun, handedIn: String, _ language: Language, _ templates: ReportTemplates
    ) throws -> [ReportFiles.Product] {
        let name = language == .french ? "grille-evaluation" : "grading-sheet"
        let report = language.fileName + ".md"
        return [
            ReportFiles.Product(
                name: name + ".md",
                text: try renderGrading(run, report: report, language: language, templates: templates)),
            ReportFiles.Product(
                name: name + ".html",
                text: try renderGradingPage(run, report: handedIn, language: language, templates: templates)),
        ]
    }
}
