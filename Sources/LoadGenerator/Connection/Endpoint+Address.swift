import Model

extension Endpoint {
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
