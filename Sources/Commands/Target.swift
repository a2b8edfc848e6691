import ArgumentParser
import TestTarget
import Threads

/// `storelab target`: a server with known behaviour.
struct Target: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a server with known behaviour on 127.0.0.1, to try a load generator on.",
        discussion: "It prints its address and runs until it is stopped. The path says how a request is answered:\n\n"
            + BehaviourPath.help)

    @Option(help: "The port; 0 for a free one.")
    var port = 0

    @Option(help: "Threads that answer; further ones only take connections for which these have no descriptor.")
    var threads = 1

    func run() async throws {
        OpenFiles.raiseLimit()
        try await Interruption.cancelling(telling: nil) {
            try await TargetServer.with(port: port, threads: threads) { _, port in
                Terminal.answer("http://127.0.0.1:\(port)")
                while true { try await Task.sleep(for: .seconds(3600)) }
            }
        }
    }
}
