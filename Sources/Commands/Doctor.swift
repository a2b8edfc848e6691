import ArgumentParser
import Model
import Stacks

/// `storelab doctor`: says what the machine has and lacks.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check whether this machine has what experiments need, and how to install what is missing.")

    func run() async throws {
        for program in Program.allCases {
            let version = await program.version().map { " \($0)" } ?? ""
            let found = program.path.map { "\($0)\(version)" } ?? "missing (Debian package \(program.debianPackage))"
            Terminal.answer(Text.padded(program.rawValue, to: 20) + found)
        }
        Terminal.answer(Text.padded("CPU quotas", to: 20) + CPULimits.described)
        Terminal.answer(Text.padded("Docker Compose", to: 20) + (await Self.docker()))
        let missing = Program.allCases.filter { $0.path == nil }
        guard missing.isEmpty else { throw Program.missing(missing) }
    }

    /// Docker Compose is optional: its absence is shown, but is no error.
    private static func docker() async -> String {
        do {
            return try await DockerEngine.connect().described
        } catch {
            return "cannot be used: \((error as? Problem)?.description ?? "\(error)")"
        }
    }
}
