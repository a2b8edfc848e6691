import ArgumentParser
import TestTarget
import Threads

/// `storelab target`: a server with known behaviour.
struct Target: AsyncParsableCommand, CheckedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a test server with known behaviour, for trying out a load generator.",
        discussion:
            "It prints its address and runs until it is stopped. The path of a request determines its answer:\n\n"
            + BehaviourPath.help + "\n\nOutages (--outage), of exactly known cost:\n\n" + ScriptedOutage.help)

    @Option(
        help: ArgumentHelp(
            "Address of this machine to listen on. Anybody who reaches it may load it.", valueName: "address"))
    var listen = "127.0.0.1"

    @Option(help: "Port; 0 for any free port.")
    var port = 0

    @Option(
        help:
            "Threads that answer. More threads start only to accept connections for which these have no file descriptors left."
    )
    var threads = 1

    @Option(help: ArgumentHelp("A stretch of time in which requests fail. Repeatable.", valueName: "outage"))
    var outage: [String] = []

    func check() throws { _ = try outages }

    private var outages: [ScriptedOutage] {
        get throws { try outage.map { try ScriptedOutage($0) } }
    }

    func run() async throws {
        let outages = try outages
        OpenFiles.raiseLimit()
        try await Interruption.cancelling(telling: nil) {
            try await TargetServer.with(address: listen, port: port, threads: threads, outages: outages) { _, port in
                Terminal.answer("http://\(listen.contains(":") ? "[\(listen)]" : listen):\(port)")
                while true { try await Task.sleep(for: .seconds(3600)) }
            }
        }
    }
}
