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
            It speaks over standard input and output, listens nowhere, and ends when its standard input ends or when it has
            heard nothing for 5 s.
            """, shouldDisplay: false)

    func run() async throws {
        guard isatty(STDIN_FILENO) == 0, isatty(STDOUT_FILENO) == 0 else {
            throw Problem(
                .usage, "agent is started by another storelab and speaks no language of people",
                nextStep: "Name agents with --from, or with from: in an experiment.")
        }
        OpenFiles.raiseLimit()
        // What is printed by mistake must not get between the messages.
        let (input, output) = (dup(STDIN_FILENO), dup(STDOUT_FILENO))
        dup2(STDERR_FILENO, STDOUT_FILENO)
        let agent = Agent(
            channel: try PipeChannel(input: input, output: output),
            build: try BuildID.of(program: AgentOptions.program),
            make: LoadGenerator.partMaker, log: { Terminal.tell("storelab agent: \($0)") })
        if await agent.serve() == .garbled { throw ExitStatus.notMeasured }
    }
}
