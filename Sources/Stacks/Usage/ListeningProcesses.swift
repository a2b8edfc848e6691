import Foundation
import Synchronization

/// The processes of this machine that listen at an address, with all that they started, as far as this user may see them.
package final class ListeningProcesses: Sendable {
    private struct State {
        var listeners: Set<Int32> = []
        /// CPU time in ticks of each process when it was last seen.
        var ticks: [Int32: Int] = [:]
        /// Of all that were ever seen, in ticks.
        var used = 0
    }

    private static let proxies = ["docker-proxy", "rootlesskit", "slirp4netns", "pasta"]

    /// For a person, for example `gunicorn`.
    package let name: String
    private let addresses: Set<String>
    private let port: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - addresses: literals at which the load arrives.
    /// - Returns: nil where none is found: nothing listens, it belongs to another user, or it is inside a container.
    package init?(addresses: Set<String>, port: Int) {
        let found = Self.listeners(at: addresses, port: port)
        guard let first = found.min() else { return nil }
        self.addresses = addresses
        self.port = port
        let name = ProcessTable.read("/proc/\(first)/comm")?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        // Behind it is a container, whose own use is not seen here.
        guard !Self.proxies.contains(name) else { return nil }
        self.name = name.isEmpty ? "process \(first)" : name
        state = Mutex(State(listeners: found))
    }

    /// CPU seconds that they have used so far, those that ended meanwhile included, and their memory now.
    package func read() -> ComponentUsage {
        let entries = ProcessTable.pids.compactMap(ProcessTable.entry).filter { !$0.isZombie }
        return state.withLock { state in
            if state.listeners.isDisjoint(with: entries.map(\.pid)) {
                state.listeners = Self.listeners(at: addresses, port: port)
            }
            let family = Self.family(of: state.listeners, among: entries)
            for entry in family { state.used += max(0, entry.ticks - (state.ticks[entry.pid] ?? 0)) }
            state.ticks = Dictionary(family.map { ($0.pid, $0.ticks) }) { first, _ in first }
            return ComponentUsage(
                cpuSeconds: Double(state.used) / ProcessTable.ticksPerSecond,
                memory: family.reduce(0) { $0 + $1.pages } * ProcessTable.pageSize)
        }
    }

    /// Those and their descendants, without this program.
    package static func family(of pids: Set<Int32>, among entries: [ProcessTable.Entry]) -> [ProcessTable.Entry] {
        let children = Dictionary(grouping: entries, by: \.parent)
        let byPid = Dictionary(entries.map { ($0.pid, $0) }) { first, _ in first }
        var found: [Int32: ProcessTable.Entry] = [:]
        var next = pids.compactMap { byPid[$0] }
        while let entry = next.popLast() {
            guard found[entry.pid] == nil, entry.pid != getpid() else { continue }
            found[entry.pid] = entry
            next += children[entry.pid] ?? []
        }
        return found.values.sorted { $0.pid < $1.pid }
    }

    private static func listeners(at addresses: Set<String>, port: Int) -> Set<Int32> {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].compactMap(ProcessTable.read)
        let sockets = Set(tables.flatMap { inodes(in: $0, addresses: addresses, port: port) }.map { "socket:[\($0)]" })
        guard !sockets.isEmpty else { return [] }
        return Set(
            ProcessTable.pids.filter { pid in
                guard pid != getpid(),
                    let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")
                else { return false }
                return files.contains { ProcessTable.link("/proc/\(pid)/fd/\($0)").map(sockets.contains) ?? false }
            })
    }

    /// Sockets in `/proc/net/tcp` or `tcp6` (proc(5)) that listen at one of the addresses, or at all of the machine's.
    package static func inodes(in table: String, addresses: Set<String>, port: Int) -> [Int] {
        let wanted = Set(addresses.map(plain)).union(["0.0.0.0", "::"])
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            // State 0A: it listens.
            guard fields.count > 9, fields[3] == "0A" else { return nil }
            let place = fields[1].split(separator: ":")
            guard place.count == 2, Int(place[1], radix: 16) == port, let address = literal(place[0]),
                wanted.contains(plain(address))
            else { return nil }
            return Int(fields[9])
        }
    }

    /// Words of 32 bits in this machine's order of bytes.
    private static func literal(_ hex: Substring) -> String? {
        let words = stride(from: 0, to: hex.count, by: 8).compactMap { UInt32(hex.dropFirst($0).prefix(8), radix: 16) }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isRead = words.withUnsafeBytes { bytes in
            switch words.count {
            case 1: inet_ntop(AF_INET, bytes.baseAddress, &text, socklen_t(text.count)) != nil
            case 4: inet_ntop(AF_INET6, bytes.baseAddress, &text, socklen_t(text.count)) != nil
            default: false
            }
        }
        return isRead ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) : nil
    }

    /// An address of IPv4 that is written as one of IPv6 is the same.
    private static func plain(_ address: String) -> String {
        address.hasPrefix("::ffff:") ? String(address.dropFirst("::ffff:".count)) : address
    }
}
