import ArgumentParser
import Model
import Reporting
import Results

/// `storelab compare`: sets two runs beside each other.
struct Compare: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether two runs differ, by how much, and how sure that is.",
        discussion: """
            Reads nothing but the two records. A difference is named only where its confidence interval shows one. \
            What else differs between the runs (definitions, programs, machine) is listed. RUN/EXPERIMENT is one \
            experiment of a run; two of the same run that was made with --repeat took turns, so that small differences \
            show: compare latest/before latest/after.
            """)

    @Argument(help: ArgumentHelp("The run that is compared with: its name or folder.", valueName: "A"))
    var first: String

    @Argument(help: ArgumentHelp("The run that is compared: its name or folder.", valueName: "B"))
    var second: String

    @Option(help: ArgumentHelp("en or fr.", valueName: "language"))
    var language = Language.english

    @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
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
