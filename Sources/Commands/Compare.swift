import ArgumentParser
import Model
import Reporting
import Results

/// `storelab compare`: sets two runs beside each other.
struct Compare: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show whether two runs differ, by how much, and how certain that is.",
        discussion: """
            It reads only the two records. A difference is reported only where its confidence interval shows one. \
            Other differences between the runs (definitions, programs, machine) are listed. RUN/EXPERIMENT selects one \
            experiment of a run. To show small differences, measure two experiments in one run with --repeat, where they \
            take turns, and compare them: compare latest/before latest/after.
            """)

    @Argument(help: ArgumentHelp("Reference run: its name or folder.", valueName: "A"))
    var first: String

    @Argument(help: ArgumentHelp("Run to compare with the reference: its name or folder.", valueName: "B"))
    var second: String

    @Option(help: ArgumentHelp("Language: en or fr.", valueName: "language"))
    var language = Language.english

    @Option(help: ArgumentHelp("Folder for the results.", valueName: "folder"))
    var output: String?

    func answer(in places: Places) throws -> CommandAnswer {
        let (a, b) = try (read(first, places), read(second, places))
        return CommandAnswer(
            text: try renderComparison(of: b, against: a, language: language, templates: places.reportTemplates()))
    }

    private func read(_ name: String, _ places: Places) throws -> RecordedRun {
        let output = output ?? places.output
        do {
            return try RunFolder.find(name, in: output).readRun()
        } catch let unknown as Problem {
            guard let slash = name.lastIndex(of: "/"),
                let run = try? RunFolder.find(String(name[..<slash]), in: output).readRun()
            else { throw unknown }
            return try run.reduced(toExperiment: String(name[name.index(after: slash)...]))
        }
    }
}

extension Language: ExpressibleByArgument {}
