package import ArgumentParser
import Experiments
import Foundation
import Model

/// The command line. Answers go to standard output, progress and errors to standard error.
package struct StoreLab: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "storelab",
        abstract: "Load test a store application on MySQL, Redis and Nginx, and write a report.",
        discussion: """
            Exit codes: 0 measured; 1 an experiment could not be measured; 2 wrong usage or definition;
            3 the machine lacks something; 4 a criterion was met, or verify found a difference; 130 interrupted.
            """,
        version: storelabVersion,
        subcommands: [
            Run.self, Web.self, Report.self, Compare.self, History.self, Verify.self, Package.self, Validate.self,
            List.self, New.self, Import.self,
            Load.self,
            Calibrate.self,
            Target.self,
            StackCommand.self, Doctor.self, Clean.self, AgentCommand.self, Proxy.self, ProxyControlRelay.self,
        ],
        defaultSubcommand: nil)

    package init() {}

    /// Parses the arguments, runs the command and ends the program with the exit code that fits.
    package static func start() async -> Never {
        signal(SIGPIPE, SIG_IGN)
        Interruption.begin()
        do {
            var command = try command(nil)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Interruption.leaveEndToSignal()
            // What was asked to end and could finish all the same was interrupted too: whoever waits for it must not go on.
            end(.measured)
        } catch {
            Interruption.leaveEndToSignal()
            let explanation = explain(error)
            if let answer = explanation.answer { Terminal.answer(answer) }
            if let message = explanation.message { Terminal.tell(message) }
            end(explanation.status)
        }
    }

    private static func end(_ status: ExitStatus) -> Never {
        var status = Interruption.hasCome ? .interrupted : status
        if let loss = Terminal.lostAnswer {
            Terminal.tell("storelab: \(loss)")
            if status == .measured { status = .machineLacks }
        }
        Foundation.exit(status.rawValue)
    }

    /// The command that arguments ask for, found right as far as can be said without doing it.
    /// - Parameter arguments: without the program's name; nil for those of this process.
    /// - Throws: what `explain` explains, also for `--help`.
    package static func command(_ arguments: [String]?) throws -> any ParsableCommand {
        let command = try parseAsRoot(arguments)
        try (command as? any CheckedCommand)?.check()
        return command
    }

    /// What is to be said of an error that ends the program, and how it ends.
    package static func explain(_ error: any Error) -> Explanation {
        switch error {
        case let status as ExitStatus:
            return Explanation(status: status)
        case let problem as Problem:
            return Explanation(status: ExitStatus(problem.kind), message: "storelab: \(problem)")
        case let faults as DefinitionFaults:
            return Explanation(status: .wrongUsage, message: "\(faults)")
        case is CancellationError:
            return Explanation(status: .interrupted)
        default:
            let text = fullMessage(for: error)
            return exitCode(for: error) == .success
                ? Explanation(status: .measured, answer: text) : Explanation(status: .wrongUsage, message: text)
        }
    }

    /// The end of the program.
    package struct Explanation: Sendable, Equatable {
        package var status: ExitStatus
        /// For standard output: help, a version.
        package var answer: String?
        /// For standard error.
        package var message: String?

        package init(status: ExitStatus, answer: String? = nil, message: String? = nil) {
            self.status = status
            self.answer = answer
            self.message = message
        }
    }
}

/// The program's exit code. It is thrown where the user has already been told what happened.
package enum ExitStatus: Int32, Error {
    case measured = 0
    case notMeasured = 1
    case wrongUsage = 2
    case machineLacks = 3
    case criterionMet = 4
    case interrupted = 130

    init(_ kind: Problem.Kind) {
        self =
            switch kind {
            case .measurement: .notMeasured
            case .usage: .wrongUsage
            case .machine: .machineLacks
            }
    }
}
