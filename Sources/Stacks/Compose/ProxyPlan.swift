import Model

/// The proxy of a Compose project: a service of its own, which stands in for the parts that faults need it for.
package struct ProxyPlan: Sendable, Equatable {
    package struct Listener: Sendable, Equatable {
        /// The component's name.
        package var part: String
        /// Where the proxy listens for it.
        package var port: Int
        /// Where the part is, in Docker's name service.
        package var upstream: String

        package init(part: String, port: Int, upstream: String) {
            self.part = part
            self.port = port
            self.upstream = upstream
        }
    }

    package var service: String
    package var image: String
    package var seed: UInt64
    package var listeners: [Listener]

    package init(service: String, image: String, seed: UInt64, listeners: [Listener]) {
        self.service = service
        self.image = image
        self.seed = seed
        self.listeners = listeners
    }

    /// In the container.
    static let control = "/run/control"

    package func listener(for part: String) -> Listener? { listeners.first { $0.part == part } }

    /// Of the image's program.
    package var arguments: [String] {
        ["proxy", "--control", Self.control, "--seed", "\(seed)"]
            + listeners.flatMap { ["--listen", "\($0.part)=0.0.0.0:\($0.port)", "--upstream", $0.upstream] }
    }

    /// What templates say of it.
    /// - Parameter entrance: the part to which the load goes.
    /// - Parameter published: the port of 127.0.0.1 for it; nil for any free one.
    func templateValues(entrance: String, published: Int? = nil) -> [String: any Sendable] {
        var values: [String: any Sendable] = [
            "image": image, "command": arguments.map { "\"\($0)\"" }.joined(separator: ", "),
        ]
        values["published"] = listener(for: entrance).map { "127.0.0.1:\(published.map { "\($0)" } ?? ""):\($0.port)" }
        return values
    }

    /// The replicas as their consumers are to find them: those that are proxied at the proxy.
    func replacing(_ replicas: [[String: String]]) -> [[String: String]] {
        replicas.map { replica in
            guard let name = replica["name"], let own = listener(for: name) else { return replica }
            return ["name": name, "address": "\(service):\(own.port)"]
        }
    }

    /// Those of the replicas that are to be proxied.
    /// - Parameter replicas: with their names and addresses.
    static func listeners(for replicas: [[String: String]], _ request: ProxyRequest) -> [Listener] {
        replicas.enumerated().compactMap { index, replica in
            guard let name = replica["name"], let address = replica["address"], request.asks(for: name, .store) else {
                return nil
            }
            // One container has a port for each.
            return Listener(part: name, port: 5001 + index, upstream: address)
        }
    }
}
