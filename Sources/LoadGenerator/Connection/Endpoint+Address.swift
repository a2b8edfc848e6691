import Glibc
import Model

/// Where a load's connections go.
struct ReachedAddress: Sendable {
    var address: SocketAddress
    /// For a person, where the name had several addresses to choose from: `[::1]:8080`.
    var choice: String?
}

extension Endpoint {
    /// How long each of several addresses is tried.
    private static let patience: CInt = 500

    /// Asks for the address once, so that no request waits for a name. Of several addresses it is the first that takes a
    /// connection, as with curl; where none does, the first of IPv4. Blocks while it asks.
    func resolved() throws -> ReachedAddress {
        guard (1...65_535).contains(port), !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw Problem(.usage, "\(authority) is no target: a host and a port from 1 to 65535 are needed.")
        }
        if let unixSocket {
            guard let address = SocketAddress.unix(unixSocket) else {
                throw Problem(.usage, "\(unixSocket) is too long for the path of a socket.")
            }
            return ReachedAddress(address: address)
        }
        let name = proxy?.address.host ?? shortcut?.host ?? host
        let port = proxy?.address.port ?? shortcut?.port ?? port
        // Not every machine's list of hosts has both (RFC 6761, section 6.3).
        let names = name == "localhost" ? [name, "::1", "127.0.0.1"] : [name]
        var addresses: [SocketAddress] = []
        for address in names.flatMap({ SocketAddress.resolve($0, port: port) }) where !addresses.contains(address) {
            addresses.append(address)
        }
        guard let first = addresses.first else {
            throw Problem(
                .measurement, "The name \(name) has no address.", nextStep: "Check the host of the target or proxy.")
        }
        guard addresses.count > 1 else { return ReachedAddress(address: first) }
        let taken =
            addresses.first { $0.takesConnection(within: Self.patience) }
            ?? addresses.first { $0.family == AF_INET } ?? first
        return ReachedAddress(address: taken, choice: taken.description)
    }
}

extension SocketAddress {
    /// - Parameter milliseconds: how long is waited for the connection, which is closed at once.
    fileprivate func takesConnection(within milliseconds: CInt) -> Bool {
        guard case .success(let socket) = Socket.connect(to: self, from: nil) else { return false }
        defer { socket.close(resetting: true) }
        var waited = pollfd(fd: socket.descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&waited, 1, milliseconds) > 0 && socket.pendingError == 0
    }
}
