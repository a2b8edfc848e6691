import CLinux
import COpenSSL
import Glibc

/// What OpenSSL reads from and writes to: a socket that never blocks. It keeps what OpenSSL does not tell of a socket of its
/// own, which it also asks twice as often.
final class TLSPipe {
    private var descriptor: CInt = -1
    /// The last read took all that the socket had.
    private(set) var isEmpty = false
    /// When the bytes that were read last came in, in nanoseconds of the wall clock; 0 when unknown.
    private(set) var arrived: UInt64 = 0
    /// The peer has closed its side.
    private(set) var hasEnded = false
    /// Why the last call failed; 0 where it did not.
    private(set) var error: CInt = 0
    /// What is written waits for what is written next, or until something is to be read: so the last words of a handshake go
    /// out in one piece with the first request, and cost neither side a packet of their own.
    var gathers = true
    private var gathered: [UInt8] = []

    /// Nothing is left of a connection before this one.
    func begin(on descriptor: CInt) {
        self.descriptor = descriptor
        (isEmpty, arrived, hasEnded, error) = (false, 0, false, 0)
        gathers = true
        gathered.removeAll(keepingCapacity: true)
    }

    /// - Returns: OpenSSL's handle of it, which holds it; nil when memory is short.
    func handle() -> OpaquePointer? {
        guard let bio = BIO_new(Self.method.pointer) else { return nil }
        BIO_set_data(bio, Unmanaged.passRetained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    /// Sends what waits. What the system does not take goes out at the next call.
    /// - Returns: false where the connection has failed, which `errno` says.
    @discardableResult func flush() -> Bool {
        guard !gathered.isEmpty else { return true }
        let count = sendGathered()
        if count > 0 { gathered.removeFirst(count) }
        return count >= 0 || errno == EAGAIN || errno == EINTR
    }

    private func sendGathered() -> Int {
        gathered.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }

    private func read(_ buffer: UnsafeMutablePointer<CChar>?, _ length: CInt, for bio: OpaquePointer?) -> CInt {
        guard flush() else { return outcome(-1, BIO_FLAGS_READ, bio) }
        var stamp: UInt64 = 0
        let count = receive_stamped(descriptor, buffer, Int(length), &stamp)
        isEmpty = count < Int(length)
        if count > 0 { arrived = stamp }
        if count == 0 { hasEnded = true }
        return outcome(count, BIO_FLAGS_READ, bio)
    }

    private func write(_ bytes: UnsafePointer<CChar>?, _ length: CInt, for bio: OpaquePointer?) -> CInt {
        let before = gathered.count
        guard gathers || before > 0 else {
            return outcome(send(descriptor, bytes, Int(length), CInt(MSG_NOSIGNAL)), BIO_FLAGS_WRITE, bio)
        }
        gathered += UnsafeRawBufferPointer(start: bytes, count: Int(length))
        if gathers { return outcome(Int(length), BIO_FLAGS_WRITE, bio) }
        let count = sendGathered()
        if count > before {
            gathered = []
            return outcome(count - before, BIO_FLAGS_WRITE, bio)
        }
        // OpenSSL keeps the new bytes, and writes them again.
        gathered.removeLast(Int(length))
        guard count >= 0 else { return outcome(count, BIO_FLAGS_WRITE, bio) }
        gathered.removeFirst(count)
        errno = EAGAIN
        return outcome(-1, BIO_FLAGS_WRITE, bio)
    }

    private func outcome(_ count: Int, _ direction: CInt, _ bio: OpaquePointer?) -> CInt {
        error = count < 0 ? errno : 0
        BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
        if error == EAGAIN || error == EINTR { BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY) }
        return CInt(truncatingIfNeeded: count)
    }

    // MARK: What OpenSSL calls

    /// Set up once, and used by all threads.
    private struct Method: @unchecked Sendable { let pointer: OpaquePointer? }

    private static let method: Method = {
        let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket")
        BIO_meth_set_read(method) { bio, buffer, length in
            TLSPipe.with(bio) { $0.read(buffer, length, for: bio) } ?? -1
        }
        BIO_meth_set_write(method) { bio, bytes, length in
            TLSPipe.with(bio) { $0.write(bytes, length, for: bio) } ?? -1
        }
        BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH: 1
            case BIO_CTRL_EOF: TLSPipe.with(bio) { $0.hasEnded ? 1 : 0 } ?? 1
            default: 0
            }
        }
        BIO_meth_set_destroy(method) { bio in
            if let pipe = BIO_get_data(bio) { Unmanaged<TLSPipe>.fromOpaque(pipe).release() }
            return 1
        }
        return Method(pointer: method)
    }()

    @inline(__always)
    private static func with<Result>(_ bio: OpaquePointer?, _ body: (TLSPipe) -> Result) -> Result? {
        BIO_get_data(bio).map { Unmanaged<TLSPipe>.fromOpaque($0)._withUnsafeGuaranteedRef(body) }
    }
}
