import ArgumentParser
import Foundation
import Model
import Reporting
import Results
import Stacks

/// `storelab package`: what is handed in.
struct Package: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make what is handed in: the report as PDF with a title page, and a zip of the source.",
        discussion: """
            The zip holds the commit that is checked out, without results, build products and files that may hold secrets. \
            Both are written to the run's folder.
            """)

    @Argument(help: ArgumentHelp("The run's name or folder; without it, the latest.", valueName: "run"))
    var recorded: String?

    @Option(help: ArgumentHelp("Whose work it is, for the title page; more than once for several.", valueName: "name"))
    var author: [String] = []

    @Option(help: ArgumentHelp("A line below the title, for example the course and the group.", valueName: "text"))
    var subtitle: String?

    @Option(help: ArgumentHelp("en or fr.", valueName: "language"))
    var language = Language.french

    @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
    var output: String?

    func run() async throws {
        let places = try Places()
        let folder = try RunFolder.find(recorded, in: output ?? places.output)
        let page = try renderPage(
            StudiedRun(folder.readRun()), language: language, templates: places.reportTemplates(),
            cover: Cover(authors: author, subtitle: subtitle))
        let zip = folder.file("source.zip")
        try await SourceArchive.write(of: places.home, to: zip)
        Terminal.answer(Places.shown(zip))
        let name = language == .french ? "rapport-remise" : "report-handed-in"
        try folder.write(page, to: name + ".html")
        Terminal.answer(Places.shown(folder.file(name + ".html")))
        try await Browser.find().print(page, to: folder.file(name + ".pdf"))
        Terminal.answer(Places.shown(folder.file(name + ".pdf")))
        guard author.isEmpty else { return }
        Terminal.tell("storelab: the title page names nobody; --author \"Ada Lovelace\" does")
    }
}

/// The source as a zip.
enum SourceArchive {
    /// Files that may hold secrets, and results.
    private static let left = [
        "output", "**/.env", "**/.env.*", "**/*.pem", "**/*.key", "**/*.p12", "**/id_rsa*", "**/id_ed25519*",
        "**/.netrc",
    ]

    /// - Throws: `Problem` where the folder is no checkout, or git is missing.
    static func write(of home: String, to path: String) async throws {
        let search = ProcessInfo.processInfo.environment["PATH"] ?? ""
        guard let git = OutsideProgram.find(["git"], in: search) else {
            throw Problem(
                .machine, "git makes the zip of the source, and there is none on this machine",
                nextStep: "Get it with: sudo apt-get install --no-install-recommends git")
        }
        let ending = await git.run(
            ["-C", home, "archive", "--format=zip", "--prefix=storelab/", "-o", path, "HEAD", "--", "."]
                + left.map { ":(exclude,glob)\($0)" } + left.map { ":(exclude,glob)\($0)/**" })
        guard ending.succeeded else {
            throw Problem(
                .machine, "git made no zip of \(home): \(ending.complaint)",
                nextStep: "Commit your work in a git repository, then try again.")
        }
        if let commit = await Checkout.commit(in: home), commit.hasSuffix("+") {
            Terminal.tell(
                "storelab: the zip holds the last commit; files that were changed since are not in it as they are")
        }
    }
}
