import Foundation
package import Model

/// Starts agents: on this machine, on a host that SSH reaches, in a container, or on a node of a swarm.
package struct AgentLauncher: Sendable {
    /// Path of this program.
    private let program: String
    private let build: @Sendable () throws -> String
    private let containers: PrepareAgentContainer?
    private let nodes: AgentNodes?
    private let tell: @Sendable (String) -> Void

    /// - Parameters:
    ///   - program: that is run with the argument `agent`.
    ///   - containers: gets an agent ready on the engine of a Docker context.
    ///   - nodes: starts agents on nodes of the stack's swarm; nil where there is none.
    ///   - tell: takes what takes a while, for a person.
    package init(
        program: String, build: @escaping @Sendable () throws -> String, containers: PrepareAgentContainer? = nil,
        nodes: AgentNodes? = nil, tell: @escaping @Sendable (String) -> Void
    ) {
        (self.program, self.build, self.tell) = (program, build, tell)
        (self.containers, self.nodes) = (containers, nodes)
    }

    package func connect(_ address: AgentAddress) async throws -> AgentConnection {
        switch address {
        case .local: return try connection(to: try ChildProcess(program, ["agent"]))
        case .ssh(let user, let host, let port):
            guard let ssh = Self.find("ssh") else {
                throw Problem(
                    .machine, "ssh is not installed, which the agent \(address) needs",
                    nextStep: "Install the package openssh-client.")
            }
            let commands = SSHCommands(user: user, host: host, port: port, build: try build())
            try await prepare(address, ssh: ssh, commands)
            return try connection(to: try ChildProcess(ssh, commands.run))
        case .context(let name):
            guard let containers else { throw Problem(.usage, "agents in containers are not to be had here") }
            let container = try await containers(name)
            let child = try ChildProcess(container.executable, container.run)
            var connection = try connection(to: child)
            connection.kill = {
                // Docker's command line is not what generates the load.
                let isLeft = !child.hasEnded
                child.kill()
                if isLeft { Task { _ = try? await run(container.executable, container.remove) } }
            }
            return connection
        case .node(let name):
            guard let nodes else {
                throw Problem(
                    .usage, "\(address) is a node of a swarm, and the stack is on none",
                    nextStep: "Use --stack swarm, or name agents by local, ssh://host or a Docker context.")
            }
            return try await nodes.connect(name)
        }
    }

    private func connection(to child: ChildProcess) throws -> AgentConnection {
        AgentConnection(
            channel: try PipeChannel(input: child.output, output: child.input), kill: child.kill,
            complaint: child.complaint)
    }

    // MARK: Over SSH

    /// Looks at the host, and sends the program where it is not there yet.
    private func prepare(_ address: AgentAddress, ssh: String, _ commands: SSHCommands) async throws {
        let libraries = ProgramLibraries(
            ldd: (try? await run(Self.find("ldd") ?? "/usr/bin/ldd", [program]).output) ?? "")
        let looked = try await run(ssh, commands.look(for: libraries.system))
        guard looked.code == 0 else { throw Self.unreached(address, looked.complaint) }
        let host = SSHHost(looked.output)
        if let obstacle = host.obstacle(for: "\(address)", own: .current()) { throw obstacle }
        guard !host.hasProgram else { return }
        tell("sending this program to \(address) …")
        let archive = try await pack(libraries)
        defer { try? FileManager.default.removeItem(atPath: archive) }
        let file = open(archive, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Problem(.machine, "cannot read \(archive)") }
        defer { close(file) }
        let sent = try await run(ssh, commands.receive, stdin: file)
        guard sent.code == 0 else {
            throw Problem(
                .machine, "the program could not be sent to \(address): \(sent.complaint)",
                nextStep: sent.complaint.contains("No space left")
                    ? "Make room in ~/.cache there." : "It is unpacked into ~/.cache/storelab there, by tar and gzip.")
        }
    }

    private static func unreached(_ address: AgentAddress, _ complaint: String) -> Problem {
        Problem(
            .machine, "\(address) was not reached" + (complaint.isEmpty ? "" : ": \(complaint)"),
            nextStep: "`ssh` must reach it without asking for a password, by a key or an agent of keys.")
    }

    /// - Returns: path of an archive with the program and the libraries that come with Swift.
    private func pack(_ libraries: ProgramLibraries) async throws -> String {
        let files = FileManager.default
        let folder = files.temporaryDirectory.path + "/storelab-agent-\(UUID().uuidString)"
        defer { try? files.removeItem(atPath: folder) }
        try files.createDirectory(atPath: folder + "/lib", withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: folder + "/storelab", withDestinationPath: program)
        for library in libraries.own {
            let name = library.split(separator: "/").last.map(String.init) ?? library
            try files.createSymbolicLink(atPath: "\(folder)/lib/\(name)", withDestinationPath: library)
        }
        let archive = folder + ".tar.gz"
        // Links are followed: what they lead to is packed.
        // At its best, gzip takes three times as long to save a tenth.
        let packed = try await run(
            Self.find("tar") ?? "/bin/tar",
            ["-ch", "-I", "gzip -1", "-f", archive, "-C", folder, "storelab", "lib"])
        guard packed.code == 0 else {
            try? files.removeItem(atPath: archive)
            throw Problem(.machine, "the program could not be packed for other machines: \(packed.complaint)")
        }
        return archive
    }

    private func run(
        _ path: String, _ arguments: [String], stdin: CInt? = nil
    ) async throws -> (code: CInt, output: String, complaint: String) {
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        let child = try ChildProcess(path, arguments, stdin: stdin ?? null)
        return await withTaskCancellationHandler {
            let output = FileHandle(fileDescriptor: child.output, closeOnDealloc: true)
            async let text = Self.text(of: output)
            let code = await child.end()
            return (code, await text, await child.complaint())
        } onCancel: {
            child.kill()
        }
    }

    private static func text(of file: FileHandle) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let data = (try? file.readToEnd()) ?? Data()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }

    private static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
