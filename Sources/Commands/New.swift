import ArgumentParser
import Experiments
import Foundation
import Model

/// `storelab new`: starts an experiment file from a commented template, or from a Compose project.
struct New: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create a new experiment file, from a commented template or from a Compose project.")

    @Argument(
        help: "Name of the experiment: letters, digits and dashes. With --from: the name of the project's folder.")
    var name: String?

    @Option(help: "Compose file of your own project. It is only read; what was guessed of it stands in the new file.")
    var from: String?

    func validate() throws {
        guard name != nil || from != nil else {
            throw ValidationError("Give the experiment a name, or a compose file with --from.")
        }
    }

    func answer(in places: Places) async throws -> CommandAnswer {
        if let from {
            let file = URL(filePath: from).standardizedFileURL.path
            let name = name ?? ProjectFolder.experimentName(of: file)
            let path = try path(of: name, in: places)
            let draft = try await ProjectFolder(file: file).draft(name, in: places)
            let told = draft.remarks.map { "- \($0)" }.joined(separator: "\n")
            return try write(
                draft.text(), to: path,
                message: "\(told)\nThese are guesses, which stand in the file too. Look at it, then:")
        }
        let name = name ?? ""
        guard let template = FileManager.default.contents(atPath: places.experimentTemplate) else {
            throw Problem(
                .usage, "cannot read \(places.experimentTemplate)", nextStep: "Run it from a complete checkout.")
        }
        let text = try newExperiment(name: name, template: String(decoding: template, as: UTF8.self))
        return try write(text, to: path(of: name, in: places), message: "Edit it, then:")
    }

    private func path(of name: String, in places: Places) throws -> String {
        let file = "\(places.experiments)/\(name).yaml"
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Problem(
                .usage, "\(Places.shown(file)) exists already", nextStep: "Choose another name, or edit that file.")
        }
        return file
    }

    private func write(_ text: String, to file: String, message: String) throws -> CommandAnswer {
        let shown = Places.shown(file)
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .withoutOverwriting)
        } catch {
            throw Problem(.machine, "cannot write \(shown): \(error.localizedDescription)")
        }
        return CommandAnswer(text: shown, message: "\(message) ./storelab run \(shown)")
    }
}
