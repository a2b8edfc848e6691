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
            Run.self, Report.self, Compare.self, Verify.self, Package.self, Validate.self, List.self, New.self,
            Load.self,
            Calibrate.self,
            Target.self,
            StackCommand.self, Doctor.self, Clean.self,
        ],
        defaultSubcommand: nil)

    package init() {}

    /// Parses the arguments, runs the command and ends the program with the exit code that fits.
    package static func start() async -> Never {
        signal(SIGPIPE, SIG_IGN)
        Interruption.begin()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            // What was asked to end and could finish all the same was interrupted too: whoever waits for it must not go on.
            Foundation.exit((Interruption.hasCome ? ExitStatus.interrupted : .measured).rawValue)
        } catch {
            Foundation.exit(explain(error).rawValue)
        }
    }

    private static func explain(_ error: any Error) -> ExitStatus {
        switch error {
        case let status as ExitStatus:
            return status
        case let problem as Problem:
            Terminal.tell("storelab: \(problem)")
            return ExitStatus(problem.kind)
        case let faults as DefinitionFaults:
            Terminal.tell("\(faults)")
            return .wrongUsage
        case is CancellationError:
            return .interrupted
        default:
            let text = fullMessage(for: error)
            if exitCode(for: error) == .success {
                Terminal.answer(text)
                return .measured
            }
            Terminal.tell(text)
            return .wrongUsage
        }
    }
}

/// The program's exit code. It is thrown where the user has already been told what happened.
enum ExitStatus: Int32, Error {
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
