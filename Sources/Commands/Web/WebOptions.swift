import ArgumentParser
import Foundation
import Model
import Stacks
import Web

/// Where the pages are served, and to whom.
struct WebOptions: ParsableArguments {
    @Option(help: "Port of the pages.")
    var port = 8089

    @Option(
        help: ArgumentHelp(
            "Address to listen on. Any other than 127.0.0.1 needs the token that is printed.", valueName: "address"))
    var address = "127.0.0.1"

    @Option(
        help: ArgumentHelp(
            "Name under which a proxy shows the pages, for example lab.example.org. Repeatable.", valueName: "name"))
    var publicName: [String] = []

    @Flag(help: "Open the pages in the browser.")
    var open = false

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("--port takes 1 to 65535.") }
    }

    /// Of this machine only.
    private var isLoopback: Bool { address == "localhost" || Gate.isLoopback(address) }

    /// Whoever can reach another address must know the token.
    func gate() -> Gate {
        let token =
            isLoopback ? nil : (0..<4).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 36) }.joined()
        return Gate(isLoopback: isLoopback, publicNames: publicName, token: token)
    }

    /// Says where the pages are, and opens them where that was asked for.
    func tell(_ gate: Gate, page: String = "") {
        let host = address.contains(":") ? "[\(address)]" : address == "0.0.0.0" ? "localhost" : address
        let link = "http://\(host):\(port)/\(page)" + (gate.token.map { "?token=\($0)" } ?? "")
        Terminal.tell("storelab: open \(link)")
        guard open else { return }
        guard
            let program = OutsideProgram.find(
                ["xdg-open", "open"], in: ProcessInfo.processInfo.environment["PATH"] ?? "")
        else { return Terminal.tell("storelab: no program to open a browser was found; open the link yourself") }
        Task { _ = try? await program.run([link]) }
    }
}
