import Model
import NIOCore

/// One request on a connection of its own, before the load: does the task work at all? Confined to its event loop.
final class Probe: ConnectionOwner {
    private let task: PlannedTask
    private let body: Int
    private let draw: RandomSource
    private let timeout: UInt64
    private let eventLoop: any EventLoop
    private var connection: UserConnection?
    private var reader = AnswerReader()
    private var began: UInt64 = 0
    private var heard: [UInt8] = []
    private var deadline: Scheduled<Void>?
    private var done: EventLoopPromise<PreflightResult>?

    init(task: PlannedTask, body: Int, seed: UInt64, timeout: UInt64, eventLoop: any EventLoop) {
        self.task = task
        self.body = body
        draw = RandomSource(seed: seed, ordinal: -1 - body)
        self.timeout = timeout
        self.eventLoop = eventLoop
    }

    func run(to address: SocketAddress) -> EventLoopFuture<PreflightResult> {
        let done = eventLoop.makePromise(of: PreflightResult.self)
        self.done = done
        began = NIODeadline.now().uptimeNanoseconds
        deadline = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(timeout))) {
            self.end(.timeout, "no whole answer within the time allowed")
        }
        let connection = UserConnection(owner: self)
        self.connection = connection
        connection.open(to: address, on: eventLoop, timeout: timeout)
        return done.futureResult
    }

    func connectionOpened() {
        reader.begin(task.check)
        var draw = draw
        var scratch = RequestScratch()
        connection?.send(task.request(body: body, random: &draw, scratch: &scratch))
    }

    func connectionFailed(_ failure: ConnectFailure) { end(failure.kind, failure.words) }

    func connectionReceived(_ bytes: ByteBuffer) {
        let room = FailureLog.excerpt - heard.count
        if room > 0 { heard.append(contentsOf: bytes.readableBytesView.prefix(room)) }
        conclude(reader.read(bytes.readableBytesUInt8Span))
    }

    func connectionClosed(_ error: (any Error)?) {
        conclude(reader.end())
        end(.reset, error.map { "\($0)" } ?? "the connection was closed before the answer was whole")
    }

    private func conclude(_ progress: ResponseScanner.Progress) {
        switch progress {
        case .incomplete: break
        case .malformed(let fault): end(.malformed, fault.rawValue)
        case .complete:
            let fault = reader.fault(task.check)
            end(fault?.kind, fault?.words ?? "")
        }
    }

    /// The first call counts.
    private func end(_ kind: FailureKind?, _ words: String) {
        guard let done else { return }
        self.done = nil
        deadline?.cancel()
        connection?.close()
        connection = nil
        let latency = Double(NIODeadline.now().uptimeNanoseconds - began) / 1e9
        let failure = kind.map { kind in
            var draw = draw
            var scratch = RequestScratch()
            let request = task.request(body: body, random: &draw, scratch: &scratch)
            return FailureExample(
                task: task.name, kind: kind, time: 0, latency: latency, detail: words,
                request: Excerpt.request(request), response: Excerpt.text(heard))
        }
        done.succeed(PreflightResult(task: task.name, failure: failure, latency: latency))
    }
}
