import ArgumentParser
import Experiments
import Foundation
import Model
import Stacks
import Threads

/// `storelab stack`: a stack to look at by hand.
struct StackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stack", abstract: "Start the stack of an experiment and leave it running, or stop it.",
        subcommands: [Up.self, Down.self, Hold.self])

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start the stack of an experiment, print its addresses, and leave it running.")

        @Argument(help: "Experiment file.")
        var file: String

        @OptionGroup
        var options: StackOptions

        func run() async throws {
            // Faults and missing files are told at once.
            _ = try loadExperiments(paths: [file])
            let holder = try Holder(arguments: CommandLine.arguments)
            Interruption.setHint("the process that holds the stack goes on taking it down")
            let facts = try await Interruption.cancelling(telling: "stopping; the stack is taken down …") {
                try await holder.waitUntilUp()
            }
            Terminal.answer(facts.text)
            Terminal.tell("Stop it with: ./storelab stack down")
        }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop the stacks that `stack up` started.")

        func run() async throws {
            let stopped = try await HeldStack.stopAll()
            Terminal.answer(stopped == 0 ? "no stack is up" : "taken down: \(stopped)")
        }
    }

    /// What `up` leaves behind: it holds the stack until it is told to end.
    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold the stack until a signal.", shouldDisplay: false)

        @Argument var file: String
        @OptionGroup var options: StackOptions

        func run() async throws {
            let places = try Places()
            guard let experiment = try loadExperiments(paths: [file]).first else { return }
            Interruption.leaveCtrlCToParent()
            OpenFiles.raiseLimit()
            try await Interruption.cancelling {
                let workspace = try HeldStack.workspace()
                defer { workspace.remove() }
                let selection = try await StackSelection.choose(
                    options, for: [experiment], places, workspace: workspace)
                let variant = experiment.variants[0]
                let request = StackRequest(
                    definition: experiment.stack.reduced(to: variant), balancer: variant.balancer, users: 1000,
                    logs: try workspace.folder("logs"), prometheusPort: HeldStack.prometheusPort)
                try await selection.stack.withRunning(request) { running in
                    try HeldStack.Facts(running, reason: selection.reason).write(into: workspace)
                    try await Task.sleep(for: .seconds(365 * 24 * 3600))
                }
            }
        }
    }
}

/// The process that holds a stack, seen from the one that started it.
private final class Holder: Sendable {
    private let process: Process
    private let log: String

    /// - Parameter arguments: of this program: `storelab stack up …`, which become `storelab stack hold …`.
    init(arguments: [String]) throws {
        log = FileManager.default.temporaryDirectory.appending(path: TemporaryFolder.prefix + "stack.log").path
        _ = FileManager.default.createFile(atPath: log, contents: nil, attributes: [.posixPermissions: 0o600])
        guard let output = FileHandle(forWritingAtPath: log) else {
            throw Problem(.machine, "cannot write \(log)", nextStep: "Set TMPDIR to a folder that you can write.")
        }
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["stack", "hold"] + arguments.dropFirst(3)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    func waitUntilUp() async throws -> HeldStack.Facts {
        defer { try? FileManager.default.removeItem(atPath: log) }
        do {
            while process.isRunning {
                if let facts = HeldStack.facts(pid: process.processIdentifier) { return facts }
                try await Task.sleep(for: .milliseconds(50))
            }
        } catch {
            process.terminate()
            // It takes down what it has brought up; whoever asked for the end finds nothing left.
            let deadline = ContinuousClock.now + .seconds(60)
            while process.isRunning, ContinuousClock.now < deadline {
                // This task is cancelled and could not sleep.
                await Task { try? await Task.sleep(for: .milliseconds(20)) }.value
            }
            throw error
        }
        let words = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        Terminal.tell(words.trimmingCharacters(in: .whitespacesAndNewlines))
        throw ExitStatus(rawValue: process.terminationStatus) ?? .notMeasured
    }
}
