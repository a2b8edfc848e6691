import Glibc
import Logging
import ServiceLifecycle
import StoreServer
import TestSupport

/// The server over a store in memory, at a port of its own.
enum ServedStore {
    /// - Parameter body: may block; it has a thread of its own.
    static func withBlocking<Value: Sendable>(
        times: ConnectionState.Times = .init(), _ body: @escaping @Sendable (Int, StoreMetrics) -> Value
    ) async throws -> Value {
        try await with(times: times) { port, metrics in await onThread { body(port, metrics) } }
    }

    /// - Parameter body: gets the port; when it ends the server is told to drain, and has ended afterwards.
    static func with<Value: Sendable>(
        times: ConnectionState.Times = .init(), _ body: @escaping @Sendable (Int, StoreMetrics) async throws -> Value
    ) async throws -> Value {
        let metrics = StoreMetrics(identity: .init(version: "1", name: "served", backend: "memory"))
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let application = StoreApplication.make(
            responder: StoreResponder(store: MemoryStore(), metrics: metrics), host: "127.0.0.1", port: 0,
            name: "served", times: times, logger: logger, whenRunning: { running.yield($0) })
        let group = ServiceGroup(services: [application], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = await iterator.next() ?? 0
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(port, metrics))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }
}

/// A client that sends bytes as they are and blocks its thread.
struct RawClient: ~Copyable {
    private let descriptor: Int32

    init(port: Int, timeout seconds: Int = 5) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close(descriptor) }

    func send(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor, buffer.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL)
                )
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Says that nothing more is sent.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// - Returns: nil when nothing came within the time limit; empty when the server ended the connection.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 { return errno == EAGAIN || errno == EWOULDBLOCK ? nil : [] }
        return Array(buffer[..<count])
    }

    /// Everything until the server ends the connection.
    /// - Returns: nil when it did not within the time limit.
    func receiveAll() -> String? {
        var bytes: [UInt8] = []
        while true {
            guard let part = receive() else { return nil }
            if part.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += part
        }
    }
}
