import Foundation
import Model

extension ResolvedProject {
    /// - Parameter command: the call of `config --format json`.
    /// - Throws: `Problem`: of usage where Compose refuses the project.
    init(_ command: Command, of file: String) async throws {
        let output = try await Docker.run(command, within: .seconds(60))
        guard output.succeeded else {
            var problem = DockerTrouble.explain(output.errors, doing: "docker compose config of \(file)")
            if problem.kind == .measurement { problem.kind = .usage }
            throw problem
        }
        do {
            self = try JSONDecoder().decode(ResolvedProject.self, from: Data(output.text.utf8))
        } catch {
            throw Problem(.measurement, "docker compose config of \(file) says what is not understood: \(error)")
        }
    }
}
