package import ArgumentParser
import Experiments
import Foundation
import Model

/// `storelab validate`: checks experiment files and names every fault with its place; or a Compose file, for a swarm.
package struct Validate: AnsweringCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Check experiment files, and report every fault with its file, line and column.",
        discussion: """
            With --stack swarm the files are Compose files instead: what docker stack deploy refuses of each, what it \
            ignores, and what means something else on a Docker Swarm. Nothing is deployed.
            """)

    @Option(help: ArgumentHelp("swarm: check Compose files for a Docker Swarm.", valueName: "swarm"))
    var stack: Kind?

    @Argument(help: "Experiment files or folders; all of experiments/ and experiments/optional/ if left out.")
    var files: [String] = []

    enum Kind: String, ExpressibleByArgument { case swarm }

    package init() {}

    package func answer(in places: Places) throws -> CommandAnswer {
        if stack == .swarm { return try checkForSwarm() }
        let optional = files.isEmpty ? places.optionalExperiments : []
        let experiments = try loadExperiments(paths: places.experimentPaths(files) + optional)
        let count = experiments.count
        return CommandAnswer(text: "\(count) \(count == 1 ? "experiment" : "experiments"), no faults")
    }

    private func checkForSwarm() throws -> CommandAnswer {
        guard !files.isEmpty else {
            throw Problem(
                .usage, "which Compose file?", nextStep: "Write: storelab validate --stack swarm docker-compose.yml")
        }
        var findings: [StackFileFinding] = []
        for file in files {
            guard let data = FileManager.default.contents(atPath: file), data.count <= 1_000_000 else {
                throw Problem(.usage, "cannot read \(file)")
            }
            do {
                findings += try StackFileCheck.findings(in: String(decoding: data, as: UTF8.self), file: file)
            } catch {
                throw DefinitionFaults([error])
            }
        }
        func count(_ effect: StackFileFinding.Effect) -> Int { findings.count { $0.effect == effect } }
        let sum = "\(count(.refused)) refused, \(count(.ignored)) ignored, \(count(.different)) different on a swarm"
        let lines = findings.map(\.description) + [sum]
        return CommandAnswer(
            text: lines.joined(separator: "\n"), status: count(.refused) > 0 ? .wrongUsage : .measured)
    }
}
