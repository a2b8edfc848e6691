import Agents
import ArgumentParser
import Foundation
import LoadGenerator
import Model
import Threads

/// `storelab agent`: generates a part of a load for a `storelab` elsewhere, which starts it.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Generate a part of a load for another storelab, which starts this command by itself.",
        discussion: """
            It speaks over standard input and output, or over TLS with the storelab that it dials, listens nowhere, and ends
            when its connection ends or when it has heard nothing for 5 s.
            """, shouldDisplay: false)

    @Option(
        help: ArgumentHelp(
            "Dial this storelab, which waits for agents, with the certificate and the token that lie in --secrets.",
            valueName: "host:port"))
    var dial: String?

    @Option(help: ArgumentHelp("Which agent this is, for the one that is dialled.", valueName: "name"))
    var name = "agent"

    @Option(help: ArgumentHelp("Folder with the files certificate and token.", valueName: "folder"))
    var secrets = "/run/secrets"

    func run() async throws {
        let channel = try dial.map(dialled) ?? piped()
        OpenFiles.raiseLimit()
        let agent = Agent(
            channel: channel, build: try BuildID.of(program: AgentOptions.program), make: LoadGenerator.partMaker,
            log: { Terminal.tell("storelab agent: \($0)") })
        if await agent.serve() == .garbled { throw ExitStatus.notMeasured }
    }

    private func dialled(_ text: String) throws -> PipeChannel {
        guard let place = HostAndPort(text) else { throw Problem(.usage, "--dial takes host:port, not \(text)") }
        guard let token = FileManager.default.contents(atPath: secrets + "/token") else {
            throw Problem(.usage, "\(secrets)/token cannot be read")
        }
        let descriptor = try AgentDial.connect(
            to: place, certificate: secrets + "/certificate",
            token: String(decoding: token, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines), name: name)
        return try PipeChannel(input: descriptor, output: dup(descriptor))
    }

    private func piped() throws -> PipeChannel {
        guard isatty(STDIN_FILENO) == 0, isatty(STDOUT_FILENO) == 0 else {
            throw Problem(
                .usage, "agent is started by another storelab and speaks no language of people",
                nextStep: "Name agents with --from, or with from: in an experiment.")
        }
        // What is printed by mistake must not get between the messages.
        let (input, output) = (dup(STDIN_FILENO), dup(STDOUT_FILENO))
        dup2(STDERR_FILENO, STDOUT_FILENO)
        return try PipeChannel(input: input, output: output)
    }
}
