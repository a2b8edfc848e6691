import ArgumentParser
import FaultProxy
import Foundation
import Model
import Threads

/// `storelab proxy`: what a stack with faults has between its parts. A run starts it; nobody needs to by hand.
struct Proxy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pass connections on, and slow, cut or narrow them on demand.",
        discussion: """
            It reads orders from its control, one JSON value a line, answers each, and takes back every fault when who gave
            the orders is gone. With standard input as its control it then ends.
            """,
        shouldDisplay: false)

    @Option(help: "A part and where to listen for it, such as mysql=0.0.0.0:3306. Repeat it with --upstream.")
    var listen: [String] = []

    @Option(
        help:
            "Where the part is, such as mysql:3306 or the path of its Unix socket: one for each --listen, in the same order."
    )
    var upstream: [String] = []

    @Option(help: "Socket in the file system for orders; - for standard input.")
    var control: String

    @Option(help: "Seed of the delays that are drawn.")
    var seed: UInt64 = 0

    func run() throws {
        OpenFiles.raiseLimit()
        guard listen.count == upstream.count else {
            throw Problem(.usage, "each --listen needs an --upstream")
        }
        let server = try ProxyServer(seed: seed)
        for (own, other) in zip(listen, upstream) {
            let parts = own.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw Problem(.usage, "\(own) is not of the form PART=HOST:PORT") }
            _ = try server.listen(
                parts[0], at: try ProxyControl.place(parts[1]), upstream: try ProxyControl.place(other))
        }
        guard control == "-" else { return try ProxyControl(server).serve(at: control) }
        // A socket takes the answers too, so that the log stays free of them.
        let isSocket = ProxyControl.isSocket(STDIN_FILENO)
        ProxyControl(server).serve(orders: STDIN_FILENO, answers: isSocket ? STDIN_FILENO : STDOUT_FILENO)
        server.end()
    }
}

/// `storelab proxy-control`: reaches the control of a proxy in a container.
struct ProxyControlRelay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy-control", abstract: "Carry orders from standard input to a proxy, and its answers back.",
        shouldDisplay: false)

    @Argument(help: "The socket that was given to the proxy as --control.")
    var path: String

    func run() throws { try ProxyControl.relay(to: path) }
}
