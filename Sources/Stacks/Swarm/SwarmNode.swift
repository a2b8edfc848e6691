/// A machine of a swarm, as `docker node inspect` shows it.
package struct SwarmNode: Sendable, Equatable, Decodable {
    struct Settings: Sendable, Equatable, Decodable {
        /// `active`, `pause` or `drain`.
        var availability: String

        enum CodingKeys: String, CodingKey { case availability = "Availability" }
    }

    struct Description: Sendable, Equatable, Decodable {
        struct Platform: Sendable, Equatable, Decodable {
            /// As the kernel names it: `x86_64`.
            var architecture: String?
            var system: String?

            enum CodingKeys: String, CodingKey { case architecture = "Architecture", system = "OS" }
        }

        var hostName: String
        var platform: Platform?

        enum CodingKeys: String, CodingKey { case hostName = "Hostname", platform = "Platform" }
    }

    struct Status: Sendable, Equatable, Decodable {
        /// `ready`, `down`, `disconnected` or `unknown`.
        var state: String
        var address: String?

        enum CodingKeys: String, CodingKey { case state = "State", address = "Addr" }
    }

    var id: String
    var settings: Settings
    var description: Description?
    var status: Status

    enum CodingKeys: String, CodingKey {
        case id = "ID", settings = "Spec", description = "Description", status = "Status"
    }

    package var name: String { description?.hostName ?? id }

    /// As Go names it: `amd64`.
    var architecture: String {
        switch description?.platform?.architecture {
        case "x86_64"?: "amd64"
        case "aarch64"?: "arm64"
        case let other: other ?? "unknown"
        }
    }

    /// Where its published ports are reached; a swarm of one machine may know no address of it.
    package var address: String {
        ["", "0.0.0.0", "127.0.0.1"].contains(status.address ?? "") ? "127.0.0.1" : status.address ?? ""
    }

    /// Why no part of a stack may run on it; nil where one may.
    /// - Parameter architecture: of the images.
    func objection(architecture: String) -> String? {
        if status.state != "ready" { return "is \(status.state)" }
        if settings.availability != "active" { return "takes no tasks (\(settings.availability))" }
        if let system = description?.platform?.system, system != "linux" { return "runs \(system)" }
        if self.architecture != architecture { return "has another processor (\(self.architecture))" }
        return nil
    }
}
