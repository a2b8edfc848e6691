import ArgumentParser
import Experiments
import Foundation
import Model

/// `storelab new`: starts an experiment file from a commented template.
struct New: AnsweringCommand {
    static let configuration = CommandConfiguration(abstract: "Create a new experiment file from a commented template.")

    @Argument(help: "Name of the experiment: letters, digits and dashes.")
    var name: String

    func answer(in places: Places) throws -> CommandAnswer {
        guard let template = FileManager.default.contents(atPath: places.experimentTemplate) else {
            throw Problem(
                .usage, "cannot read \(places.experimentTemplate)", nextStep: "Run it from a complete checkout.")
        }
        let text = try newExperiment(name: name, template: String(decoding: template, as: UTF8.self))
        let file = "\(places.experiments)/\(name).yaml"
        let shown = Places.shown(file)
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Problem(.usage, "\(shown) exists already", nextStep: "Choose another name, or edit that file.")
        }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        } catch {
            throw Problem(.machine, "cannot write \(shown): \(error.localizedDescription)")
        }
        return CommandAnswer(text: shown, message: "Edit it, then: ./storelab run \(shown)")
    }
}
