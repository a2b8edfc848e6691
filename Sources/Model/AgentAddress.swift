/// Where a part of the load is generated.
package enum AgentAddress: Sendable, Hashable {
    /// By a process of this machine.
    case local
    /// On a host that SSH reaches.
    case ssh(user: String?, host: String, port: Int?)
    /// In a container of the engine that a Docker context leads to, by the context's name.
    case context(String)
    /// In a container on a node of the swarm that carries the stack, by the node's host name.
    case node(String)

    /// What may be written, for a person.
    package static let forms = "local, ssh://[user@]host[:port], the name of a Docker context, or node://NAME"

    /// - Parameter text: one of `forms`.
    /// - Returns: nil for anything else. A host or user that begins with a dash would be an option of ssh.
    package init?(_ text: String) {
        if text == "local" {
            self = .local
            return
        }
        if text.hasPrefix("node://") {
            let name = text.dropFirst(7)
            guard Self.isNode(name) else { return nil }
            self = .node(String(name))
            return
        }
        guard text.hasPrefix("ssh://") else {
            guard Self.isContext(text[...]) else { return nil }
            self = .context(text)
            return
        }
        var rest = text.dropFirst(6)
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var port: Int?
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            let after = rest[rest.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { return nil }
            if !after.isEmpty { port = Int(after.dropFirst()) ?? 0 }
            rest = rest[rest.index(after: rest.startIndex)..<end]
        } else if let colon = rest.lastIndex(of: ":") {
            port = Int(rest[rest.index(after: colon)...]) ?? 0
            rest = rest[..<colon]
        }
        guard Self.isName(rest), user.map({ Self.isName($0[...]) }) != false,
            port.map({ (1...65_535).contains($0) }) != false
        else { return nil }
        self = .ssh(user: user, host: String(rest), port: port)
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.first != "-"
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: ".-_:%".utf8.contains(byte)
                }
            }
    }

    /// As Docker names contexts: `[a-zA-Z0-9][a-zA-Z0-9_.+-]+`.
    private static func isContext(_ text: Substring) -> Bool {
        text.utf8.count > 1 && text.utf8.first.map(isAlphanumeric) == true
            && text.utf8.allSatisfy { isAlphanumeric($0) || "_.+-".utf8.contains($0) }
    }

    private static func isNode(_ text: Substring) -> Bool {
        text.utf8.first.map(isAlphanumeric) == true
            && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// Whether its machine is another one than this, as far as its name says. A context may lead anywhere, so that it counts as
    /// another one.
    package var isRemote: Bool {
        switch self {
        case .local: false
        case .ssh(_, let host, _): !ThisMachine.isNamed(by: host)
        case .context, .node: true
        }
    }
}

extension AgentAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .local: return "local"
        case .context(let name): return name
        case .node(let name): return "node://\(name)"
        case .ssh(let user, let host, let port):
            let name = host.contains(":") ? "[\(host)]" : host
            return "ssh://" + (user.map { $0 + "@" } ?? "") + name + (port.map { ":\($0)" } ?? "")
        }
    }

    /// Names of agents, in the order of their addresses: those that have an address in common are numbered, `local 1` and
    /// `local 2`.
    package static func names(of addresses: [AgentAddress]) -> [String] {
        var seen: [AgentAddress: Int] = [:]
        return addresses.map { address in
            seen[address, default: 0] += 1
            let isOnly = addresses.count { $0 == address } == 1
            return isOnly ? address.description : "\(address) \(seen[address] ?? 1)"
        }
    }
}

extension AgentAddress: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let address = AgentAddress(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no address of an agent: \(text.prefix(80))"))
        }
        self = address
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What is done when an agent is lost: its plateau is inconclusive either way.
package enum AgentLossPolicy: String, Codable, Sendable, CaseIterable {
    /// The others share the load out anew, and the step is repeated.
    case again = "repeat"
    case stop
}

/// Which part of a load one of several generators has: of the users, requests and rows, those whose number leaves `index`
/// when it is divided by `count`. So the same seed gives the same requests, however many generators there are.
package struct LoadPart: Codable, Sendable, Equatable {
    package static let whole = LoadPart(index: 0, of: 1)

    /// From 0.
    package let index: Int
    package let count: Int

    package init(index: Int, of count: Int) {
        self.index = index
        self.count = max(1, count)
    }

    /// The number among all of the load of what is `number` here.
    package func number(_ number: Int) -> Int { index + number * count }

    /// How many of the load's first `all` are here.
    package func share(of all: Int) -> Int { all > index ? (all - index + count - 1) / count : 0 }
}
