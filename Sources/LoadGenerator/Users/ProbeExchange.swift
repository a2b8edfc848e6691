import Glibc
import Model

/// A request on a connection of its own, and its answer. It blocks its thread.
struct ProbeExchange {
    let deadline: UInt64
    private let isHTTP2: Bool
    private(set) var heard = Heard()
    /// Whether an answer came whole, however it was judged.
    private(set) var isWhole = false
    private var reader = AnswerReader()

    var scanner: ResponseScanner { reader.scanner }

    typealias Fault = (kind: FailureKind, words: String)

    init(deadline: UInt64, isHTTP2: Bool) {
        self.deadline = deadline
        self.isHTTP2 = isHTTP2
    }

    func taken(_ check: AnswerCheck, jar: CookieJar?) -> Result<[[UInt8]], AnswerFault> {
        reader.taken(check, jar: jar)
    }

    /// - Returns: nil when the answer is as expected, else what went wrong.
    mutating func run(
        _ request: [Outgoing.Part], check: AnswerCheck, address: SocketAddress, _ security: TLSContext?,
        tunnel: [UInt8]?
    ) -> Fault? {
        var socket: Socket
        switch Socket.connect(to: address, from: nil) {
        case .success(let opened): socket = opened
        case .failure(let error): return (error.kind, error.words)
        }
        if let tunnel { socket = socket.tunnelled(by: tunnel) }
        if let security {
            guard let secured = socket.secured(by: security) else {
                socket.close()
                return (.exhausted, "no memory is left")
            }
            socket = secured
        }
        defer { socket.close() }
        guard wait(socket, for: POLLOUT) else { return (.timeout, "no connection within the timeout") }
        let error = SocketError(socket.pendingError)
        guard error.code == 0 else { return (error.kind, error.words) }
        securing: while true {
            switch socket.introduce() {
            case .done: break securing
            case .failed(let error): return (error.kind, error.words)
            case .waiting:
                guard wait(socket, for: POLLIN) else {
                    return (.timeout, "no \(socket.tls == nil ? "" : "secure ")connection within the timeout")
                }
            }
        }
        if isHTTP2 {
            guard socket.tls?.speaksHTTP2 ?? true else { return (.tls, SocketError.noHTTP2.words) }
            return answerOverHTTP2(to: request, over: socket, check)
        }
        reader.begin(check)
        return answer(to: request, over: socket, check)
    }

    /// Sends and listens at the same time: an answer may come before the request has gone out.
    private mutating func answer(
        to request: [Outgoing.Part], over socket: Socket, _ check: AnswerCheck
    ) -> Fault? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        var outgoing = Outgoing(request)
        var isOut = false
        while Clocks.now < deadline {
            // A connection that fails here says why when it is read.
            if !isOut { isOut = outgoing.send(over: socket) ?? true }
            let progress: ResponseScanner.Progress
            switch socket.read(into: buffer) {
            case .nothingYet:
                _ = wait(socket, for: isOut ? POLLIN : POLLIN | POLLOUT)
                continue
            case .bytes(let count, _):
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                let room = FailureLog.excerpt - min(heard.before.count, FailureLog.excerpt)
                heard.before.append(contentsOf: bytes.prefix(room))
                progress = reader.read(bytes)
                if case .incomplete = progress { continue }
            case .end:
                progress = reader.end()
            case .failed(let error):
                return (error.kind == .tls ? .tls : .reset, error.words)
            }
            return verdict(progress, check)
        }
        return isOut
            ? (.timeout, "no complete answer within the timeout")
            : (.timeout, "the request could not be sent within the timeout")
    }

    /// Sends the request once the server has said how it wants to be spoken to, as users do.
    private mutating func answerOverHTTP2(
        to request: [Outgoing.Part], over socket: Socket, _ check: AnswerCheck
    ) -> Fault? {
        guard case .bytes(let first)? = request.first else { return nil }
        let (wire, exchange) = (HTTP2Wire(), HTTP2Exchange())
        let fields = HTTP2Fields(scheme: socket.tls == nil ? "http" : "https", check: check)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        var outgoing = Outgoing([])
        var greeting: [UInt8] = []
        var isAsked = false
        defer { heard = exchange.beginning }
        while Clocks.now < deadline {
            if wire.isSettled, !isAsked {
                isAsked = true
                guard wire.submit(exchange, first, fields, rest: Array(request.dropFirst())) else {
                    return (.reset, "the server went away before it took the request")
                }
            }
            if outgoing.isEmpty {
                let count = wire.fill(buffer)
                outgoing = Outgoing([.bytes(Array(buffer[..<count]))])
            }
            // A connection that fails here says why when it is read.
            let isOut = outgoing.send(over: socket) ?? true
            if isOut, wire.wantsToSend, outgoing.isEmpty, !exchangeIsOver(exchange, wire) { continue }
            if let end = exchange.end { return verdict(end, of: exchange, check) }
            if wire.isOver {
                return (.malformed, wire.refusal ?? wire.fault ?? "the server ended the connection (GOAWAY)")
            }
            switch socket.read(into: buffer) {
            case .nothingYet: _ = wait(socket, for: isOut ? POLLIN : POLLIN | POLLOUT)
            case .bytes(let count, _):
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                if !wire.isSettled { greeting += bytes.prefix(64 - min(64, greeting.count)) }
                wire.receive(bytes, now: Clocks.now)
                if !wire.isSettled,
                    let fault = HTTP2Wire.fault(ofGreeting: greeting, otherwise: wire.refusal ?? wire.fault),
                    wire.refusal ?? wire.fault != nil || HTTP2Wire.isText(greeting)
                {
                    return (.malformed, fault)
                }
            case .end:
                return wire.isSettled
                    ? (.reset, "the connection was closed before the answer was whole")
                    : (.malformed, "the server closed the connection before it spoke HTTP/2")
            case .failed(let error): return (error.kind == .tls ? .tls : .reset, error.words)
            }
        }
        return (.timeout, "no complete answer within the timeout")
    }

    private func exchangeIsOver(_ exchange: HTTP2Exchange, _ wire: HTTP2Wire) -> Bool {
        exchange.end != nil || wire.fault != nil
    }

    private mutating func verdict(_ end: HTTP2Exchange.End, of exchange: HTTP2Exchange, _ check: AnswerCheck) -> Fault?
    {
        switch end {
        case .reset(let code):
            return (.stream, "the server reset the stream: \(HTTP2Wire.name(ofError: code))")
        case .unprocessed: return (.reset, "the server went away (GOAWAY) before it took the request")
        case .malformed: return (.malformed, "the answer breaks the rules of HTTP/2")
        case .answered:
            if let partial = exchange.partial {
                reader = partial.reader
            } else {
                reader.begin(check)
                _ = exchange.text.withUnsafeBytes { reader.read($0) }
            }
            return verdict(reader.end(), check)
        }
    }

    private mutating func verdict(
        _ progress: ResponseScanner.Progress, _ check: AnswerCheck
    ) -> Fault? {
        switch progress {
        case .malformed(let fault): return (.malformed, fault.rawValue)
        case .incomplete: return (.reset, "the connection was closed before the answer was whole")
        case .complete:
            isWhole = true
            return reader.fault(check).map { ($0.kind, $0.words) }
        }
    }

    /// - Returns: false when the time is over.
    private func wait(_ socket: Socket, for events: Int32) -> Bool {
        while true {
            let now = Clocks.now
            guard now < deadline else { return false }
            var waited = pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
            let count = poll(&waited, 1, CInt(clamping: (deadline - now) / 1_000_000 + 1))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }
}
