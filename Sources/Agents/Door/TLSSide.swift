import COpenSSL
import Glibc
import Model
import Threads

/// One side of secured connections between an orchestrator and agents that dial: TLS 1.3, with a certificate that is made for
/// one run and trusted by that run's agents alone. OpenSSL lets several threads use it at a time.
final class TLSSide: @unchecked Sendable {
    fileprivate let context: OpaquePointer
    let isServer: Bool

    private init(_ method: OpaquePointer?, isServer: Bool) throws {
        guard let context = SSL_CTX_new(method) else { throw Self.unusable }
        self.context = context
        self.isServer = isServer
        tls_set_up_agents(context)
    }

    deinit { SSL_CTX_free(context) }

    private static var unusable: Problem {
        let words = ERR_reason_error_string(ERR_get_error()).map { String(cString: $0) } ?? "it does not say why"
        return Problem(.machine, "OpenSSL cannot be used: \(words)")
    }

    /// For the one that dials.
    /// - Parameter certificate: path of the only certificate that is trusted.
    static func client(trusting certificate: String) throws -> TLSSide {
        let side = try TLSSide(TLS_client_method(), isServer: false)
        ERR_clear_error()
        guard SSL_CTX_load_verify_locations(side.context, certificate, nil) == 1 else {
            throw Problem(.usage, "\(certificate) holds no certificate that can be read")
        }
        SSL_CTX_set_verify(side.context, SSL_VERIFY_PEER, nil)
        return side
    }

    /// For the one that is dialled, with a new key.
    /// - Returns: also its certificate, as PEM.
    static func server() throws -> (side: TLSSide, certificate: String) {
        let side = try TLSSide(TLS_server_method(), isServer: true)
        guard let key = newKey() else { throw unusable }
        defer { EVP_PKEY_free(key) }
        guard let certificate = newCertificate(of: key) else { throw unusable }
        defer { X509_free(certificate) }
        guard SSL_CTX_use_certificate(side.context, certificate) == 1, SSL_CTX_use_PrivateKey(side.context, key) == 1,
            let text = text(of: certificate)
        else { throw unusable }
        return (side, text)
    }

    private static func newKey() -> OpaquePointer? {
        guard let maker = EVP_PKEY_CTX_new_id(NID_ED25519, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(maker) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(maker) == 1, EVP_PKEY_keygen(maker, &key) == 1 else { return nil }
        return key
    }

    /// OpenSSL's MBSTRING_ASC, a macro that Swift does not see.
    private static let ascii: CInt = 0x1001

    /// Signed by itself. Clocks of agents may be wrong by a day.
    private static func newCertificate(of key: OpaquePointer) -> OpaquePointer? {
        guard let certificate = X509_new() else { return nil }
        let name = X509_get_subject_name(certificate)
        let isMade =
            X509_set_version(certificate, 2) == 1
            && ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1...0x7FFF_FFFF)) == 1
            && X509_gmtime_adj(X509_getm_notBefore(certificate), -86_400) != nil
            && X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * 86_400) != nil
            && X509_NAME_add_entry_by_txt(name, "CN", ascii, "storelab", -1, -1, 0) == 1
            && X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1
            && X509_sign(certificate, key, nil) > 0
        if isMade { return certificate }
        X509_free(certificate)
        return nil
    }

    private static func text(of certificate: OpaquePointer) -> String? {
        guard let memory = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free(memory) }
        guard PEM_write_bio_X509(memory, certificate) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(memory))
        let count = BIO_read(memory, &bytes, CInt(bytes.count))
        return count > 0 ? String(decoding: bytes.prefix(Int(count)), as: UTF8.self) : nil
    }
}

/// One secured connection. At any time one thread uses it; any thread may cut it.
final class TLSLink: @unchecked Sendable {
    private let session: OpaquePointer
    private let socket: Descriptor

    /// Makes the connection secure; may block for as long as the socket's timeouts permit. The socket is the link's from now on.
    /// - Returns: nil for a peer that does not take part, or is not trusted.
    init?(_ side: TLSSide, on descriptor: CInt) {
        var on: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        guard let session = SSL_new(side.context) else {
            close(descriptor)
            return nil
        }
        self.session = session
        socket = Descriptor(descriptor)
        SSL_set_fd(session, descriptor)
        ERR_clear_error()
        guard (side.isServer ? SSL_accept(session) : SSL_connect(session)) == 1 else {
            // `deinit` gives the session back.
            socket.close()
            return nil
        }
    }

    deinit {
        SSL_free(session)
        socket.close()
    }

    /// Ends the connection at once, whatever it is used for. Without effect after its end.
    func cut() { socket.cut() }

    /// So many bytes; may block. nil where the connection ends before, or nothing comes in the socket's time.
    func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes[filled...].withUnsafeMutableBytes { SSL_read(session, $0.baseAddress, CInt($0.count)) }
            guard got > 0 else { return nil }
            filled += Int(got)
        }
        return bytes
    }

    /// May block.
    /// - Returns: whether the bytes went out.
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { SSL_write(session, $0.baseAddress, CInt($0.count)) }
            guard count > 0 else { return false }
            sent += Int(count)
        }
        return true
    }

    // MARK: Carrying

    /// What is written to the descriptor goes over the connection from now on, and what comes over it can be read there.
    /// - Returns: nil when the system has no descriptor or thread left; then the connection is closed.
    func carried() -> CInt? {
        var pair: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else { return nil }
        let (outer, inner) = (pair[0], pair[1])
        guard SystemThread.detach({ [self] in carry(Descriptor(inner)) }) else {
            close(outer)
            close(inner)
            return nil
        }
        return outer
    }

    /// How long what the peer still says is waited for once this side has said its last.
    private static let farewell: CInt = 2_000

    private enum Step { case moved, blocked, over }

    private func carry(_ inner: Descriptor) {
        BrokenPipes.ignore()
        for descriptor in [socket.number, inner.number] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
        var (coming, going): ([UInt8], [UInt8]) = ([], [])
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var hasSaidAll = false
        while true {
            let received = receive(&coming, into: inner.number, &buffer)
            if received == .over { break }
            let sent = hasSaidAll ? .blocked : send(&going, from: inner.number, &buffer)
            if sent == .over {
                hasSaidAll = true
                SSL_shutdown(session)
                shutdown(socket.number, CInt(SHUT_WR))
            }
            guard received == .blocked, sent != .moved else { continue }
            var waits = [
                pollfd(
                    fd: socket.number,
                    events: Int16((coming.isEmpty ? POLLIN : 0) | (going.isEmpty ? 0 : POLLOUT)), revents: 0),
                pollfd(
                    fd: hasSaidAll && coming.isEmpty ? -1 : inner.number,
                    events: Int16((coming.isEmpty ? 0 : POLLOUT) | (going.isEmpty && !hasSaidAll ? POLLIN : 0)),
                    revents: 0),
            ]
            // What is not waited for would wake again and again once its peer is gone.
            for index in waits.indices where waits[index].events == 0 { waits[index].fd = -1 }
            if poll(&waits, 2, hasSaidAll ? Self.farewell : -1) == 0 { break }
        }
        inner.close()
        socket.close()
    }

    /// From the connection to the descriptor.
    private func receive(_ coming: inout [UInt8], into inner: CInt, _ buffer: inout [UInt8]) -> Step {
        if coming.isEmpty {
            ERR_clear_error()
            let count = SSL_read(session, &buffer, CInt(buffer.count))
            guard count > 0 else {
                let error = SSL_get_error(session, count)
                return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? .blocked : .over
            }
            coming = Array(buffer.prefix(Int(count)))
        }
        let count = coming.withUnsafeBytes { Glibc.write(inner, $0.baseAddress, $0.count) }
        guard count > 0 else { return errno == EAGAIN ? .blocked : errno == EINTR ? .moved : .over }
        coming.removeFirst(count)
        return .moved
    }

    /// From the descriptor to the connection.
    private func send(_ going: inout [UInt8], from inner: CInt, _ buffer: inout [UInt8]) -> Step {
        if going.isEmpty {
            let count = Glibc.read(inner, &buffer, buffer.count)
            if count < 0 { return errno == EAGAIN ? .blocked : errno == EINTR ? .moved : .over }
            guard count > 0 else { return .over }
            going = Array(buffer.prefix(count))
        }
        ERR_clear_error()
        let count = going.withUnsafeBytes { SSL_write(session, $0.baseAddress, CInt($0.count)) }
        guard count > 0 else {
            let error = SSL_get_error(session, count)
            // A connection that has failed is noticed by who reads it.
            if error != SSL_ERROR_WANT_READ, error != SSL_ERROR_WANT_WRITE { going = [] }
            return .blocked
        }
        going.removeFirst(Int(count))
        return .moved
    }
}
