/// Ports that the system has for connections.
enum LocalPorts {
    /// Those that the system gives to connections from one address; nil where it does not say.
    static let perAddress: Int? = {
        guard let text = SmallSystemFile.read("/proc/sys/net/ipv4/ip_local_port_range") else { return nil }
        let bounds = text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        return bounds[1] - bounds[0] + 1
    }()

    /// Connections of the whole machine that are closed and still hold their port.
    static var inTimeWait: Int {
        guard let text = SmallSystemFile.read("/proc/net/sockstat") else { return 0 }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let tw = words.firstIndex(of: "tw"), tw + 1 < words.count else { return 0 }
        return Int(words[tw + 1]) ?? 0
    }
}
