import Foundation
import Glibc
package import Model
import Synchronization
import Threads

/// Where agents dial in: over TLS, with the certificate and the token of one run. All others are turned away.
package final class AgentDoor: Sendable {
    private struct State: Sendable {
        /// Who is waited for, by name.
        var waiting: [String: CheckedContinuation<TLSLink?, Never>] = [:]
        /// Who came before being waited for.
        var early: [String: TLSLink] = [:]
        var isClosed = false
        var handshakes = 0
        /// Why the last one was turned away.
        var refusal: String?
    }

    /// How long a caller may take for each step until it is known.
    private static let patience = timeval(tv_sec: 5, tv_usec: 0)
    /// Callers at a time that are not known yet.
    private static let mostHandshakes = 64
    /// Between looks whether an agent can still come.
    private static let look = Duration.milliseconds(500)

    package let invitation: AgentInvitation
    private let listener: Descriptor
    private let side: TLSSide
    private let tell: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Listens on a port that is free.
    /// - Parameters:
    ///   - host: a literal of this machine's; nothing listens at its other addresses.
    ///   - tell: hears of callers that were turned away.
    /// - Throws: a `Problem` when nothing can listen there.
    package init(host: String, tell: @escaping @Sendable (String) -> Void = { _ in }) throws {
        let (side, certificate) = try TLSSide.server()
        self.side = side
        self.tell = tell
        let (descriptor, port) = try Self.listen(host)
        listener = Descriptor(descriptor)
        var random = SystemRandomNumberGenerator()
        let token = (0..<4).map { _ in String(random.next() as UInt64, radix: 16) }.joined(separator: "-")
        invitation = AgentInvitation(
            place: HostAndPort(host: host, port: port), certificate: certificate, token: token)
        guard SystemThread.detach({ [weak self, listener] in Self.accept(on: listener) { self } }) else {
            listener.close()
            throw SystemThread.noneLeft
        }
    }

    deinit { close() }

    private static func listen(_ host: String) throws -> (descriptor: CInt, port: Int) {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = Problem(.machine, "no port could be opened at \(host), where agents are to dial")
        guard getaddrinfo(host, "0", &hints, &list) == 0, let entry = list?.pointee else { throw failure }
        defer { freeaddrinfo(list) }
        let descriptor = socket(entry.ai_family, entry.ai_socktype | CInt(SOCK_CLOEXEC.rawValue), 0)
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isOpen =
            descriptor >= 0 && bind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0
            && Glibc.listen(descriptor, 64) == 0
            && withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
            }
        guard isOpen else {
            if descriptor >= 0 { Glibc.close(descriptor) }
            throw failure
        }
        // The port stands at the same place in addresses of both families.
        let port = withUnsafeBytes(of: storage) { Int($0[2]) << 8 | Int($0[3]) }
        return (descriptor, port)
    }

    /// The address of this machine from which a host is reached; nil where none is.
    /// - Parameter host: a literal.
    package static func address(towards host: String) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "9", &hints, &list) == 0, let entry = list?.pointee else { return nil }
        defer { freeaddrinfo(list) }
        let descriptor = socket(entry.ai_family, entry.ai_socktype | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        // Of datagrams this sends nothing: it only chooses the way.
        guard Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 else { return nil }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let isNamed = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length) == 0
                    && getnameinfo(address, length, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        return isNamed ? String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    // MARK: Callers

    private static func accept(on listener: Descriptor, door: () -> AgentDoor?) {
        while true {
            let descriptor = Glibc.accept(listener.number, nil, nil)
            if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard descriptor >= 0, let door = door() else {
                if descriptor >= 0 { Glibc.close(descriptor) }
                listener.close()
                return
            }
            AgentDial.limit(descriptor, to: patience)
            let isTaken = door.state.withLock { state in
                guard state.handshakes < mostHandshakes, !state.isClosed else { return false }
                state.handshakes += 1
                return true
            }
            guard isTaken, SystemThread.detach({ door.meet(descriptor) }) else {
                Glibc.close(descriptor)
                if isTaken { door.state.withLock { $0.handshakes -= 1 } }
                continue
            }
        }
    }

    private func meet(_ descriptor: CInt) {
        BrokenPipes.ignore()
        defer { state.withLock { $0.handshakes -= 1 } }
        guard let link = TLSLink(side, on: descriptor) else {
            return refuse("it does not speak TLS with the certificate of this run")
        }
        guard let head = link.read(4) else { return refuse("it said nothing") }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard length <= AgentKnock.longest else { return refuse("its first message would have \(length) bytes") }
        guard let bytes = link.read(length), let knock = try? AgentCoding.read(AgentKnock.self, bytes) else {
            return refuse("its first message is none")
        }
        guard Self.isSame(knock.token, invitation.token) else { return refuse("its token is not that of this run") }
        let (waiting, isKept) = state.withLock { state -> (CheckedContinuation<TLSLink?, Never>?, Bool) in
            if let waiting = state.waiting.removeValue(forKey: knock.name) { return (waiting, true) }
            guard !state.isClosed, state.early[knock.name] == nil else { return (nil, false) }
            state.early[knock.name] = link
            return (nil, true)
        }
        guard isKept else { return refuse("the agent \(knock.name) is there already") }
        waiting?.resume(returning: link)
    }

    private func refuse(_ reason: String) {
        state.withLock { $0.refusal = reason }
        tell("turned a caller away who wanted to be an agent: \(reason)")
    }

    /// In a time that does not depend on where they differ.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: Agents

    /// Waits for an agent.
    /// - Parameters:
    ///   - name: as it was told to the agent.
    ///   - obstacle: is asked now and then why the agent will not come; nil while it may.
    /// - Throws: a `Problem` of one that does not come.
    package func agent(
        _ name: String, within limit: Duration, unless obstacle: @escaping @Sendable () async -> Problem? = { nil }
    ) async throws -> AgentConnection {
        let found = Mutex<Problem?>(nil)
        let watch = Task { [self] in
            let end = ContinuousClock.now + limit
            while !Task.isCancelled, ContinuousClock.now < end {
                try? await Task.sleep(for: Self.look)
                guard !Task.isCancelled else { return }
                if let problem = await obstacle() {
                    found.withLock { $0 = problem }
                    break
                }
            }
            if !Task.isCancelled { giveUp(name) }
        }
        defer { watch.cancel() }
        let link = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enum Turn { case wait, over(TLSLink?) }
                let turn = state.withLock { state -> Turn in
                    if let link = state.early.removeValue(forKey: name) { return .over(link) }
                    if state.isClosed || Task.isCancelled || state.waiting[name] != nil { return .over(nil) }
                    state.waiting[name] = continuation
                    return .wait
                }
                if case .over(let link) = turn { continuation.resume(returning: link) }
            }
        } onCancel: {
            giveUp(name)
        }
        try Task.checkCancellation()
        guard let link else {
            throw found.withLock { $0 } ?? absence(of: name)
        }
        guard let descriptor = link.carried() else {
            throw Problem(.machine, "No descriptor is left for an agent.", nextStep: "Raise `ulimit -n`.")
        }
        return AgentConnection(
            channel: try PipeChannel(input: descriptor, output: dup(descriptor)), kill: { link.cut() })
    }

    private func absence(of name: String) -> Problem {
        let refusal = state.withLock { $0.refusal }
        return Problem(
            .machine,
            "the agent \(name) did not dial in"
                + (refusal.map { "; the last caller at this port was turned away, because \($0)" } ?? ""),
            nextStep:
                "Its machine must reach \(invitation.place.host):\(invitation.place.port), which this program opens "
                + "for the run. Or generate the load here: --from local.")
    }

    private func giveUp(_ name: String) {
        state.withLock { $0.waiting.removeValue(forKey: name) }?.resume(returning: nil)
    }

    /// Nobody is let in any more. Agents that are there stay.
    package func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            state.early = [:]
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: nil) }
        // Its thread wakes, and closes it.
        listener.cut()
    }
}
