import ArgumentParser
import Model
import Stacks

/// `storelab doctor`: says what the machine has and lacks.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what the machine lacks for an experiment, and how to get it.")

    func run() async throws {
        for program in Program.allCases {
            let version = await program.version().map { " \($0)" } ?? ""
            let found = program.path.map { "\($0)\(version)" } ?? "missing (Debian package \(program.debianPackage))"
            Terminal.answer(Text.padded(program.rawValue, to: 20) + found)
        }
        Terminal.answer(Text.padded("CPU limits", to: 20) + CPULimits.described)
        Terminal.answer(Text.padded("Docker Compose", to: 20) + (await Self.docker()))
        let missing = Program.allCases.filter { $0.path == nil }
        guard missing.isEmpty else { throw Program.missing(missing) }
    }

    /// The containers' stack is a choice, not a need: its absence is told, and no fault.
    private static func docker() async -> String {
        do {
            return try await DockerEngine.connect().described
        } catch {
            return "cannot be used: \((error as? Problem)?.description ?? "\(error)")"
        }
    }
}
