import Dispatch
import Foundation
package import Model
import Synchronization

/// A proxy process, as its controller sees it: orders and answers pass a pair of sockets, of which the process has one as its
/// standard input. When this program ends, however it does, the proxy sees the end and takes its faults back.
package final class ProxyLink: FaultProxy {
    /// How long it may take to answer.
    private static let patience = 10

    private let own: CInt
    /// For the process.
    package let given: CInt
    /// Calls wait for an answer, so they have a thread of their own.
    private let queue = DispatchQueue(label: "proxy")
    private let known: Mutex<Set<String>>
    private let unread = Mutex(Data())

    /// - Parameter parts: components for which it listens from its start.
    /// - Throws: `Problem` when the system has no descriptor left.
    package init(parts: Set<String> = []) throws {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw Problem(.machine, "no descriptor is left", nextStep: "Raise `ulimit -n`.")
        }
        (own, given) = (ends[0], ends[1])
        var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(own, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        known = Mutex(parts)
    }

    deinit { close(own) }

    package var parts: Set<String> { known.withLock { $0 } }

    package func begin(_ action: FaultAction, on part: String) async throws {
        try await order(.begin(part: part, action: action))
    }

    package func end(_ action: FaultAction, on part: String) async throws {
        try await order(.end(part: part, action: action))
    }

    /// Has the proxy listen for a part of this machine.
    /// - Parameter path: of a Unix socket that it makes; nil for a free port.
    /// - Returns: its port; 0 where it is a path.
    @discardableResult
    func listen(for part: String, at path: String? = nil, upstream: String) async throws -> Int {
        let answer = try await order(.listen(part: part, path: path, upstream: upstream))
        guard let port = answer.port else { throw Self.silent }
        known.withLock { _ = $0.insert(part) }
        return port
    }

    func passages() async throws -> [ProxyPassage] { try await order(.report).passages ?? [] }

    /// - Throws: `Problem` with what the proxy says, or that it says nothing.
    @discardableResult
    private func order(_ order: ProxyOrder) async throws -> ProxyAnswer {
        let answer = try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in continuation.resume(with: Result { try exchange(order) }) }
        }
        if let trouble = answer.trouble { throw Problem(.measurement, "the proxy between the parts: \(trouble)") }
        return answer
    }

    private func exchange(_ order: ProxyOrder) throws -> ProxyAnswer {
        var line = try JSONEncoder().encode(order)
        line.append(UInt8(ascii: "\n"))
        let sent = line.withUnsafeBytes { send(own, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        guard sent == line.count else { throw Self.silent }
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let answer = unread.withLock { unread -> Data? in
                guard let end = unread.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                defer { unread = Data(unread[(end + 1)...]) }
                return Data(unread[..<end])
            }
            if let answer { return try JSONDecoder().decode(ProxyAnswer.self, from: answer) }
            let count = recv(own, &bytes, bytes.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.silent }
            unread.withLock { $0.append(contentsOf: bytes[..<count]) }
        }
    }

    private static let silent = Problem(.measurement, "the proxy between the parts does not answer")
}

extension ProxyLink {
    static let component = "proxy"

    /// What is said before the load.
    static func note(_ parts: [String]) -> String {
        "For the faults of the definition a proxy of StoreLab stands before \(parts.sorted().joined(separator: ", ")) during "
            + "the whole run. It accepts a connection at once, also while the part itself would not: what it slows are bytes, "
            + "not the handshake, and a part that does not listen is seen as a connection that is reset."
    }

    /// What it cost, measured by itself while no fault was in force.
    func finalNotes() async -> [String] {
        ((try? await passages()) ?? []).compactMap { passage in
            guard let median = passage.median, let p99 = passage.p99 else { return nil }
            return
                "While no fault was in force, the proxy before \(passage.part) added \(Self.milliseconds(median)) at the "
                + "median and \(Self.milliseconds(p99)) at the 99th percentile, each way."
        }
    }

    private static func milliseconds(_ seconds: Seconds) -> String { String(format: "%.3f ms", seconds * 1000) }
}
