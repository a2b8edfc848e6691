import Foundation
import Subprocess
import SystemPackage
import Testing

/// Three engines of this machine as a swarm (`Tests/Engine/swarm`), with the images of the tests' engine on the first.
struct Swarm: Sendable {
    let folder: String

    private static let script = Laboratory.home + "/Tests/Engine/swarm"

    /// Gives the body a swarm, and a place whose program stands in the network that reaches it; afterwards nothing is there
    /// on any node that was not there before.
    static func with(_ body: (Swarm, Laboratory) async throws -> Void) async throws {
        let swarm = Swarm(folder: "/tmp/storelab-swarm-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(atPath: swarm.folder, withIntermediateDirectories: true)
        let images = swarm.folder + "/images.tar"
        try await Engine.docker(
            "save", "--output", images, "mysql:8.4", "redis:7", "nginx:1.28", "prom/prometheus:v3.5.0")
        let result: Result<Void, any Error>
        do {
            let told = try await run("up", swarm.folder, images)
            let variables = told.split(separator: " ").dropFirst().compactMap { word -> (String, String)? in
                let parts = word.split(separator: "=", maxSplits: 1)
                return parts.count == 2
                    ? (String(parts[0]), parts[1].replacing("\\", with: "").trimmingCharacters(in: .newlines)) : nil
            }
            let before = try await swarm.inventory()
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                laboratory.engine = Dictionary(variables) { $1 }
                laboratory.network = "storelab-lan"
                try await body(swarm, laboratory)
            }
            #expect(try await swarm.inventory() == before, "nothing may be left on any node")
            result = .success(())
        } catch {
            result = .failure(error)
        }
        _ = try? await run("down", swarm.folder)
        try result.get()
    }

    /// What the script prints.
    @discardableResult
    static func run(_ arguments: String...) async throws -> String {
        let result = try await Subprocess.run(
            .path(FilePath(script)), arguments: Arguments(arguments), output: .string(limit: 4 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw Failure(description: "\(arguments.joined(separator: " ")): \(result.standardError)")
        }
        return result.standardOutput
    }

    struct Failure: Error, CustomStringConvertible { var description: String }

    /// What `docker` answers at one node.
    @discardableResult
    func docker(_ node: Int, _ arguments: String...) async throws -> String {
        let result = try await Subprocess.run(
            .path(FilePath(Self.script)), arguments: Arguments(["engine", folder, "\(node)"] + arguments),
            output: .string(limit: 4 << 20), error: .discarded)
        return result.standardOutput
    }

    /// Containers, networks and volumes of each node; services, secrets and configs of the swarm.
    func inventory() async throws -> [String] {
        var lines: [String] = []
        for node in 1...3 {
            for (kind, form) in [("ps", "{{.ID}}"), ("network", "{{.Name}}"), ("volume", "{{.Name}}")] {
                let text =
                    kind == "ps"
                    ? try await docker(node, "ps", "--all", "--format", form)
                    : try await docker(node, kind, "ls", "--format", form)
                lines += text.split(separator: "\n").map { "n\(node) \(kind) \($0)" }
            }
        }
        for kind in ["service", "secret", "config"] {
            lines += try await docker(1, kind, "ls", "--format", "{{.Name}}").split(separator: "\n").map {
                "\(kind) \($0)"
            }
        }
        return lines.sorted()
    }
}
