package import Model

/// Where the load goes.
package struct LoadTarget: Sendable, Equatable {
    /// An IPv4 or IPv6 literal, or a name.
    package var host: String
    package var port: Int
    /// nil for plain HTTP.
    package var trust: CertificateTrust?
    /// Where connections go in its place; requests name `host` all the same.
    package var shortcut: HostAndPort?

    package init(host: String, port: Int, trust: CertificateTrust? = nil, shortcut: HostAndPort? = nil) {
        self.host = host
        self.port = port
        self.trust = trust
        self.shortcut = shortcut
    }

    /// The value of the Host field.
    var authority: String {
        let name = host.utf8.contains(0x3A) ? "[\(host)]" : host
        return port == (trust == nil ? 80 : 443) ? name : "\(name):\(port)"
    }

    /// Asks for the address once, so that no request waits for a name. Blocks while it asks.
    func resolved() throws -> SocketAddress {
        guard (1...65_535).contains(port), !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw Problem(.usage, "\(authority) is no target: a host and a port from 1 to 65535 are needed.")
        }
        // Of a name's addresses only the first is used, and for this one it is often ::1, where few servers listen.
        let name = shortcut?.host ?? (host == "localhost" ? "127.0.0.1" : host)
        guard let address = SocketAddress.resolve(name, port: shortcut?.port ?? port) else {
            throw Problem(.measurement, "The name \(host) has no address.", nextStep: "Check the host of the target.")
        }
        return address
    }
}

package struct LoadOptions: Sendable {
    /// Threads that send; users are shared out among them. There are more where one thread has too few descriptors.
    package var threads: Int
    /// Requests of an open load that may wait for their answers at a time, each on a connection of its own.
    package var sessions: Int
    /// Users that one thread has descriptors for; nil: as many as the limit of open files permits.
    package var room: Int?

    package init(threads: Int = 1, sessions: Int = 10_000, room: Int? = nil) {
        self.threads = threads
        self.sessions = sessions
        self.room = room
    }
}
