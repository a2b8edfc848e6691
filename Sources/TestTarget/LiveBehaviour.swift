import Model
import NIOCore
import Synchronization

/// What is to be done about one request.
struct Reply: Sendable {
    enum Action: Sendable {
        case send(ByteBuffer, closing: Bool)
        /// Byte by byte at this interval in nanoseconds.
        case drip(ByteBuffer, interval: UInt64)
        case endlessHeaders
        case silence
        case close
        case reset
        /// Close the whole server if it has more connections than this, else answer.
        case die(connections: Int)
        /// How long answers were really held.
        case tellHeld
        /// What the outages did.
        case tellOutages
    }

    var action: Action
    /// When, in nanoseconds of the monotonic clock; nil: now.
    var due: UInt64?
    /// A moment later is too late: the time is what is known of the behaviour.
    var isExact = false
}

/// A behaviour with what it remembers, shared by all connections whose requests have its path.
final class LiveBehaviour: Sendable {
    private struct Memory: Sendable {
        var latency: LatencySource?
        var capacity: Capacity?
        var began: UInt64?
        var draws = 0.0
        /// Microseconds that answers were really held, and how often.
        var held: [Int: Int] = [:]
    }

    private let behaviour: Behaviour
    private let share: Double
    private let answer: Reply.Action
    private let memory: Mutex<Memory>

    init(_ behaviour: Behaviour) {
        var inner = behaviour
        var share = 1.0
        if case .sometimes(let other, let part) = behaviour { (inner, share) = (other, part) }
        self.behaviour = inner
        self.share = share
        let form: AnswerForm = if case .answer(let form) = inner { form } else { .plain }
        let (bytes, closing) = Answers.bytes(of: form)
        answer = .send(bytes, closing: closing)
        var memory = Memory()
        if case .late(let shape) = inner { memory.latency = LatencySource(shape) }
        if case .capacity(let rate, let excess, _) = inner { memory.capacity = Capacity(rate: rate, excess: excess) }
        self.memory = Mutex(memory)
    }

    private static let plain = Reply.Action.send(Answers.whole(), closing: false)
    private static let unavailable = Reply.Action.send(
        Answers.whole(status: "503 Service Unavailable", body: #"{"error":"too much"}"#), closing: false)

    func reply(at now: UInt64) -> Reply {
        if share < 1, memory.withLock({ GoldenSequence.fraction(&$0.draws) }) >= share {
            return Reply(action: Self.plain)
        }
        switch behaviour {
        case .answer, .sometimes: return Reply(action: answer)
        case .late: return Reply(action: answer, due: now + memory.withLock { $0.latency?.next() ?? 0 }, isExact: true)
        case .capacity(_, _, let refusal):
            switch memory.withLock({ $0.capacity?.admit(at: now) }) {
            case .refused: return Reply(action: refusal == .reset ? .reset : Self.unavailable)
            case .answer(let due): return Reply(action: answer, due: due > now ? due : nil)
            case nil: return Reply(action: answer)
            }
        case .pause(let window):
            let began = began(now)
            return Reply(action: answer, due: window.end(covering: now - began).map { began + $0 })
        case .flaky(let window):
            return Reply(action: window.end(covering: now - began(now)) == nil ? answer : Self.unavailable)
        case .die(let connections): return Reply(action: .die(connections: connections))
        case .reset: return Reply(action: .reset)
        case .close: return Reply(action: .close)
        case .silence: return Reply(action: .silence)
        case .half(let closing): return Reply(action: .send(Answers.half, closing: closing))
        case .slow(let interval): return Reply(action: .drip(Answers.whole(), interval: interval))
        case .endlessHeaders: return Reply(action: .endlessHeaders)
        case .held: return Reply(action: .tellHeld)
        case .garbage: return Reply(action: .send(Answers.garbage, closing: false))
        }
    }

    /// An answer whose time is known is about to be written, so many nanoseconds after its request was read.
    func wrote(after nanoseconds: UInt64) {
        memory.withLock { $0.held[Int((nanoseconds + 500) / 1000), default: 0] += 1 }
    }

    /// How long answers were really held, from each request's being read to its answer's being written.
    var held: Distribution {
        let counts = memory.withLock { $0.held }
        return Distribution(
            ascending: counts.sorted { $0.key < $1.key }.map { .init(microseconds: $0.key, count: $0.value) })
    }

    /// When the first request came.
    private func began(_ now: UInt64) -> UInt64 {
        memory.withLock { memory in
            let began = min(memory.began ?? now, now)
            memory.began = began
            return began
        }
    }
}
