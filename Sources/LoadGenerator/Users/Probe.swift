import Glibc
import Model

/// One request on a connection of its own, before the load: does the task work at all? It blocks its thread.
struct Probe {
    let task: PlannedTask
    let body: Int
    let seed: UInt64
    /// In nanoseconds.
    let timeout: UInt64

    func run(to address: SocketAddress) -> PreflightResult {
        let began = Clocks.now
        var draw = RandomSource(seed: seed, ordinal: -1 - body)
        var scratch = RequestScratch()
        let request = task.request(body: body, random: &draw, scratch: &scratch)
        var exchange = Exchange(deadline: began + timeout)
        let (kind, words) = exchange.run(request, check: task.check, address: address)
        let latency = Double(Clocks.now - began) / 1e9
        let failure = kind.map { kind in
            FailureExample(
                task: task.name, kind: kind, time: 0, latency: latency, detail: words,
                request: Excerpt.request(request), response: Excerpt.text(exchange.heard))
        }
        return PreflightResult(task: task.name, failure: failure, latency: latency)
    }
}

private struct Exchange {
    let deadline: UInt64
    private(set) var heard: [UInt8] = []
    private var reader = AnswerReader()

    init(deadline: UInt64) {
        self.deadline = deadline
    }

    /// - Returns: nil when the answer is as expected, else what went wrong.
    mutating func run(_ request: [UInt8], check: AnswerCheck, address: SocketAddress) -> (FailureKind?, String) {
        let socket: Socket
        switch Socket.connect(to: address, from: nil) {
        case .success(let opened): socket = opened
        case .failure(let error): return (error.kind, error.words)
        }
        defer { socket.close() }
        guard wait(socket, for: POLLOUT) else { return (.timeout, "no connection within the time allowed") }
        let error = SocketError(socket.pendingError)
        guard error.code == 0 else { return (error.kind, error.words) }
        reader.begin(check)
        var sent = 0
        while sent < request.count {
            guard wait(socket, for: POLLOUT) else {
                return (.timeout, "no room for the request within the time allowed")
            }
            // A connection that fails here says why when it is read.
            guard let count = request[sent...].withUnsafeBytes({ socket.write($0) }) else { break }
            sent += count
        }
        return listen(socket, check)
    }

    private mutating func listen(_ socket: Socket, _ check: AnswerCheck) -> (FailureKind?, String) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        while wait(socket, for: POLLIN) {
            let progress: ResponseScanner.Progress
            switch socket.read(into: buffer) {
            case .nothingYet: continue
            case .bytes(let count):
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                heard.append(contentsOf: bytes.prefix(FailureLog.excerpt - min(heard.count, FailureLog.excerpt)))
                progress = reader.read(bytes)
                if case .incomplete = progress { continue }
            case .end:
                progress = reader.end()
            case .failed(let code):
                return (.reset, SocketError(code).words)
            }
            switch progress {
            case .malformed(let fault): return (.malformed, fault.rawValue)
            case .incomplete: return (.reset, "the connection was closed before the answer was whole")
            case .complete:
                let fault = reader.fault(check)
                return (fault?.kind, fault?.words ?? "")
            }
        }
        return (.timeout, "no whole answer within the time allowed")
    }

    /// - Returns: false when the time is over.
    private func wait(_ socket: Socket, for events: Int32) -> Bool {
        while true {
            let now = Clocks.now
            guard now < deadline else { return false }
            var waited = pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
            let count = poll(&waited, 1, CInt(clamping: (deadline - now) / 1_000_000 + 1))
            if count > 0 { return true }
        }
    }
}
