import ArgumentParser
import Experiments
import Foundation
import Imports
import Model

/// `storelab import`: makes an experiment of what another tool has recorded or described.
struct Import: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make an experiment of a recording (HAR), OpenAPI 3, a Postman collection or curl commands.",
        discussion: """
            Each request of the source becomes a task, or is listed with the reason why not, on standard error and in a comment of
            the file. Values that an answer of a recording gives and a later request sends are taken (take:). Secrets become
            variables of the environment, ${env(NAME)}; the file's first lines name them.

              storelab import shop.har -o experiments/shop.yaml
              storelab import http://127.0.0.1:8080/openapi.json --url http://127.0.0.1:8080
              storelab import commands.sh | less
            """)

    @Argument(help: ArgumentHelp("File or URL to import; - for standard input.", valueName: "file-or-url"))
    var source: String

    @Option(name: .shortAndLong, help: ArgumentHelp("File to write. Default: standard output.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Where the load goes, whatever the source says.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("Name of the experiment. Default: that of the file.", valueName: "name"))
    var name: String?

    @Flag(name: .customLong("static"), help: "Keep static files of a recording, such as scripts and pictures.")
    var keepsStatic = false

    @Flag(help: "Make one flow of all requests in their order, as of a recording.")
    var flow = false

    @Flag(help: "Write over a file that exists.")
    var force = false

    @Option(
        help: ArgumentHelp(
            "Read the source from this host too, which is not this machine. Repeatable.", valueName: "host"))
    var allowHost: [String] = []

    func answer(in places: Places) async throws -> CommandAnswer {
        let isURL = source.hasPrefix("http://") || source.hasPrefix("https://")
        let shown = isURL ? Redaction().prose(source) : source == "-" ? "standard input" : Places.shown(source)
        let bytes = try await isURL ? ImportSource.download(source, allowedHosts: allowHost) : ImportSource.read(source)
        // A document from elsewhere must not have files of this machine sent.
        let folder = isURL ? nil : ImportSource.folder(of: source)
        let settings = ImportSettings(
            name: try experimentName(), source: shown, sourceURL: isURL ? source : nil, target: url,
            keepsStatic: keepsStatic, isFlow: flow, savesFiles: output != nil,
            file: { name in folder.flatMap { ImportSource.bytes(of: name, in: $0) } })
        let imported = try importedExperiment(from: bytes, settings)
        // What is written must be what `validate` finds right; files beside it are there only afterwards.
        var said = imported.leftOut.map { "left out: \($0.request): \($0.reason)" }
        said.append("storelab: \(imported.summary)")
        if !imported.variables.isEmpty {
            said.append("storelab: set before a run: \(imported.variables.map(\.name).joined(separator: ", "))")
        }
        guard let output else {
            return CommandAnswer(text: imported.text.trimmingSuffix(), message: said.joined(separator: "\n"))
        }
        try write(imported, to: output)
        said.append("Look through it, then: ./storelab run \(output)")
        return CommandAnswer(text: output, message: said.joined(separator: "\n"))
    }

    private func experimentName() throws -> String {
        if let name {
            guard name.isExperimentName else {
                throw Problem(
                    .usage, "--name: \(name.prefix(60)) is not a name",
                    nextStep: "Write at most 60 letters, digits and dashes, a letter or digit first.")
            }
            return name
        }
        let path =
            output ?? (source == "-" ? "imported" : source.split(separator: "?").first.map(String.init) ?? source)
        let file = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        let cleaned = String(file.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
            .split(separator: "-").joined(separator: "-")
        return cleaned.isEmpty ? "imported" : String(cleaned.prefix(50))
    }

    private func write(_ imported: Imported, to file: String) throws {
        let folder = (file as NSString).deletingLastPathComponent
        let all =
            imported.files.map { (path: folder.isEmpty ? $0.path : "\(folder)/\($0.path)", bytes: $0.bytes) }
            + [(path: file, bytes: Array(imported.text.utf8))]
        for (path, _) in all where !force && FileManager.default.fileExists(atPath: path) {
            throw Problem(.usage, "\(path) exists already", nextStep: "Choose another -o, or add --force.")
        }
        do {
            for (path, bytes) in all {
                let place = URL(fileURLWithPath: path)
                if path != file {
                    try FileManager.default.createDirectory(
                        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
                }
                try Data(bytes).write(to: place)
            }
        } catch {
            throw Problem(.machine, "cannot write \(file): \(error.localizedDescription)")
        }
    }
}

extension String {
    fileprivate var isExperimentName: Bool { wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9-]{0,59}/) != nil }

    /// The terminal ends the last line itself.
    fileprivate func trimmingSuffix() -> String {
        var text = self
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}
