import Foundation
package import Model

/// What an agent is to do. What may be large stands in files, which are sent before it.
package struct AgentPlan: Codable, Sendable, Equatable {
    package var target: AgentTarget
    /// Number of the file with the load.
    package var load: Int
    package var part: LoadPart
    package var threads: Int
    package var sessions: Int
    /// Numbers of the files that bodies name, by their names in the load.
    package var bodies: [String: Int]

    package init(
        target: AgentTarget, load: Int, part: LoadPart, threads: Int, sessions: Int, bodies: [String: Int]
    ) {
        self.target = target
        self.load = load
        self.part = part
        self.threads = threads
        self.sessions = sessions
        self.bodies = bodies
    }
}

/// An `Endpoint` as it is sent.
package struct AgentTarget: Codable, Sendable, Equatable {
    package enum Trust: Codable, Sendable, Equatable {
        case system, any
        /// Number of the file with the certificates.
        case file(Int)
    }

    package var host: String
    package var port: Int
    package var trust: Trust?
    package var shortcutHost: String?
    package var shortcutPort: Int?
    package var unixSocket: String?
    /// Numbers of the files with the client's certificate and its key.
    package var certificate: Int?
    package var key: Int?
    package var proxyHost: String?
    package var proxyPort: Int?
    package var proxyAuthorization: String?

    package init(
        host: String, port: Int, trust: Trust? = nil, shortcutHost: String? = nil, shortcutPort: Int? = nil,
        unixSocket: String? = nil
    ) {
        self.host = host
        self.port = port
        self.trust = trust
        self.shortcutHost = shortcutHost
        self.shortcutPort = shortcutPort
        self.unixSocket = unixSocket
    }
}

/// A load made ready to be sent to agents: its files are read once.
struct OutgoingLoad: Sendable {
    private let target: AgentTarget
    private let bodies: [String: Int]
    private let files: [Data]
    private let threads: Int
    private let sessions: Int

    /// Of a file in one message, so that its text of four thirds of the length fits into a frame.
    private static let longestPart = 8 << 20

    /// - Throws: a `Problem` for a file that cannot be read.
    init(_ load: LoadDefinition, for endpoint: Endpoint, threads: Int, sessions: Int) throws {
        var own = load
        (own.from, own.onLoss) = (nil, nil)
        var files = [Data(try AgentCoding.bytes(of: own))]
        var bodies: [String: Int] = [:]
        for task in load.tasks + load.setup {
            for case .file(let file) in task.bodies.flatMap(\.pieces) where bodies[file.name] == nil {
                bodies[file.name] = files.count
                files.append(try Self.read(file.path))
            }
        }
        let trust: AgentTarget.Trust?
        switch endpoint.trust {
        case nil: trust = nil
        case .system: trust = .system
        case .any: trust = .any
        case .file(let path):
            trust = .file(files.count)
            files.append(try Self.read(path))
        }
        var target = AgentTarget(
            host: endpoint.host, port: endpoint.port, trust: trust, shortcutHost: endpoint.shortcut?.host,
            shortcutPort: endpoint.shortcut?.port, unixSocket: endpoint.unixSocket)
        if let identity = endpoint.identity {
            (target.certificate, target.key) = (files.count, files.count + 1)
            files += [try Self.read(identity.certificate), try Self.read(identity.key)]
        }
        if let proxy = endpoint.proxy {
            (target.proxyHost, target.proxyPort) = (proxy.address.host, proxy.address.port)
            target.proxyAuthorization = proxy.authorization
        }
        self.target = target
        (self.files, self.bodies, self.threads, self.sessions) = (files, bodies, threads, sessions)
    }

    private static func read(_ path: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Problem(.usage, "\(path) cannot be read")
        }
        return data
    }

    func messages(for part: LoadPart) -> [ToAgent] {
        var messages: [ToAgent] = []
        for (number, file) in files.enumerated() {
            var start = 0
            repeat {
                let end = min(file.count, start + Self.longestPart)
                messages.append(.file(number: number, bytes: file[start..<end]))
                start = end
            } while start < file.count
        }
        return messages + [
            .plan(
                AgentPlan(
                    target: target, load: 0, part: part, threads: threads, sessions: sessions, bodies: bodies))
        ]
    }
}

/// The files of a plan as they come, kept in a folder until the load is made of them.
struct IncomingFiles {
    private static let tooMuch = 4 << 30

    private var folder: String?
    private var size = 0

    mutating func add(_ bytes: Data, to number: Int) throws {
        size += bytes.count
        guard size <= Self.tooMuch, (0..<100_000).contains(number) else {
            throw Problem(.machine, "The files of the load take more than 4 GiB.")
        }
        let path = try self.path(number)
        if !FileManager.default.fileExists(atPath: path), !FileManager.default.createFile(atPath: path, contents: nil) {
            throw Problem(.machine, "The agent cannot write \(path).")
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: bytes)
    }

    mutating func endpoint(_ target: AgentTarget) throws -> Endpoint {
        var endpoint = Endpoint(host: target.host, port: target.port, unixSocket: target.unixSocket)
        if let host = target.shortcutHost, let port = target.shortcutPort {
            endpoint.shortcut = HostAndPort(host: host, port: port)
        }
        if let certificate = target.certificate, let key = target.key {
            endpoint.identity = ClientIdentity(certificate: try path(certificate), key: try path(key))
        }
        if let host = target.proxyHost, let port = target.proxyPort {
            endpoint.proxy = ForwardProxy(
                address: HostAndPort(host: host, port: port), authorization: target.proxyAuthorization)
        }
        switch target.trust {
        case nil: break
        case .system: endpoint.trust = .system
        case .any: endpoint.trust = .any
        case .file(let number): endpoint.trust = .file(try path(number))
        }
        return endpoint
    }

    /// The load of a plan, whose bodies are the files that came.
    mutating func load(_ plan: AgentPlan) throws -> LoadDefinition {
        let bytes = FileManager.default.contents(atPath: try path(plan.load)) ?? Data()
        var load = try AgentCoding.read(LoadDefinition.self, Array(bytes))
        for index in load.tasks.indices { try place(plan.bodies, in: &load.tasks[index]) }
        for index in load.setup.indices { try place(plan.bodies, in: &load.setup[index]) }
        return load
    }

    private mutating func place(_ numbers: [String: Int], in task: inout LoadTask) throws {
        for body in task.bodies.indices {
            for piece in task.bodies[body].pieces.indices {
                guard case .file(let file) = task.bodies[body].pieces[piece] else { continue }
                guard let number = numbers[file.name] else {
                    throw Problem(.usage, "The plan lacks the file \(file.name).")
                }
                task.bodies[body].pieces[piece] = .file(
                    BodyFileReference(name: file.name, path: try path(number)))
            }
        }
    }

    /// A load that is made has its files in memory.
    mutating func remove() {
        if let folder { try? FileManager.default.removeItem(atPath: folder) }
        (folder, size) = (nil, 0)
    }

    private mutating func path(_ number: Int) throws -> String {
        if let folder { return "\(folder)/\(number)" }
        let made = FileManager.default.temporaryDirectory.path + "/storelab-agent-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: made, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        folder = made
        return "\(made)/\(number)"
    }
}
