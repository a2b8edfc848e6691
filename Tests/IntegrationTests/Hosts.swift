import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Machines of the tests' own that SSH reaches (`Tests/Engine/hosts`), and a target in the network that reaches them.
struct Hosts: Sendable {
    private static let script = Laboratory.home + "/Tests/Engine/hosts"
    private static let network = "storelab-ssh-lan"

    /// What keeps them from being made here; nil where nothing does.
    static let obstacle: String? = {
        guard getuid() == 0 else { return "only root can make networks" }
        let programs = ["ip", "nsenter", "unshare", "dropbear", "dropbearkey", "ssh", "ssh-keygen"]
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/sbin"
        let folders = path.split(separator: ":").map(String.init)
        let absent = programs.filter { name in
            !folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
        }
        return absent.isEmpty ? nil : "not installed: \(absent.joined(separator: ", "))"
    }()

    let laboratory: Laboratory
    /// The target's address, such as `http://10.77.8.1:40000`.
    let base: String
    /// For programs that are to find a `ssh` that knows host1, host2 …
    let environment: [String: String]

    /// Gives the body `count` hosts; afterwards they are gone, with all that ran there.
    static func with(_ count: Int, _ body: @Sendable (Hosts) async throws -> Void) async throws {
        try await Laboratory.with { laboratory in
            var laboratory = laboratory
            laboratory.network = network
            let folder = laboratory.folder + "/hosts"
            let result: Result<Void, any Error>
            do {
                try await run("up", folder, "\(count)")
                result = .success(try await withTarget(in: laboratory, folder, body))
            } catch {
                result = .failure(error)
            }
            try? await run("down", folder)
            try result.get()
        }
    }

    private static func withTarget(
        in laboratory: Laboratory, _ folder: String, _ body: @Sendable (Hosts) async throws -> Void
    ) async throws {
        let programs = folder + "/bin"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        try Data("#!/bin/sh\nexec /usr/bin/ssh -F \(folder)/config \"$@\"\n".utf8).write(
            to: URL(fileURLWithPath: programs + "/ssh"))
        chmod(programs + "/ssh", 0o755)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        _ = try await Subprocess.run(
            .path("/usr/bin/nsenter"),
            arguments: [
                "--net=/run/netns/\(network)", Laboratory.programs + "/storelab", "target", "--listen", "10.77.8.1",
            ], input: .none, output: .sequence, error: .discarded
        ) { execution in
            defer { try? execution.send(signal: .kill) }
            var said = ""
            // It says one line.
            for try await line in execution.standardOutput.strings() {
                said = line
                break
            }
            let base = said.trimmingCharacters(in: .whitespacesAndNewlines)
            try #require(base.hasPrefix("http://10.77.8.1:"))
            try await body(
                Hosts(laboratory: laboratory, base: base, environment: ["PATH": programs + ":" + path]))
        }
    }

    /// Requests that the target has had for a path.
    func requests(of path: String) async throws -> Int {
        let told = try await Self.output(
            "/usr/bin/nsenter", "--net=/run/netns/\(Self.network)", "curl", "-sf", base + "/held")
        let all = try JSONSerialization.jsonObject(with: Data(told.utf8)) as? [String: [String: Any]]
        return all?[path]?["requests"] as? Int ?? 0
    }

    func await(_ count: Int, of path: String) async throws {
        for _ in 0..<600 {
            if try await requests(of: path) >= count { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the load does not go on")
    }

    /// Takes a host off the network.
    func cut(_ number: Int) async throws { try await Self.run("cut", "\(number)") }

    private static func run(_ arguments: String...) async throws {
        _ = try await output(script, arguments)
    }

    private static func output(_ program: String, _ arguments: String...) async throws -> String {
        try await output(program, arguments)
    }

    private static func output(_ program: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw Swarm.Failure(description: "\(program) \(arguments): \(result.standardError)")
        }
        return result.standardOutput
    }
}
