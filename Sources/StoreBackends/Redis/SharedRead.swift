import NIOCore
import NIOPosix
import StoreServer

/// One read of Redis for all requests of an event loop that wait for the same answer.
///
/// A request joins the next read, never one that has begun: what it gets was read after it came in. So the answer is as
/// fresh as if each had read alone, and a burst costs one read.
final class SharedRead<Value: Sendable>: Sendable {
    private typealias Waiter = UnsafeContinuation<Value, any Error>

    /// Unchecked: used on the thread of its loop only.
    private final class Place: @unchecked Sendable {
        let redis: RedisLoop
        var waiting: [Waiter] = []
        var runs = false
        private var last: (replies: [RedisReply], connection: RedisConnection, value: Value)?

        init(_ redis: RedisLoop) {
            self.redis = redis
        }

        /// What Redis answers twice in a row is parsed once.
        func value(
            of answer: RedisLoop.Replies, _ parse: ([RedisReply], RedisConnection) throws -> Value
        ) throws -> Value {
            if let last, last.connection === answer.from, last.replies == answer.replies { return last.value }
            let value = try parse(answer.replies, answer.from)
            last = (answer.replies, answer.from, value)
            return value
        }
    }

    private let pipeline: RedisPipeline
    private let parse: @Sendable ([RedisReply], RedisConnection) throws -> Value
    private let places: [ObjectIdentifier: Place]
    private let place: Place

    /// - Parameters:
    ///   - loops: one at least.
    ///   - pipeline: changes nothing.
    init(
        _ loops: [RedisLoop], _ pipeline: RedisPipeline,
        parse: @escaping @Sendable ([RedisReply], RedisConnection) throws -> Value
    ) {
        let all = loops.map(Place.init)
        place = all[0]
        places = Dictionary(
            all.map { (ObjectIdentifier($0.redis.loop), $0) }, uniquingKeysWith: { first, _ in first })
        self.pipeline = pipeline
        self.parse = parse
    }

    func value() async throws -> Value {
        try await withUnsafeThrowingContinuation { waiter in
            if let loop = MultiThreadedEventLoopGroup.currentEventLoop, let own = places[ObjectIdentifier(loop)] {
                join(own, waiter)
            } else {
                place.redis.loop.execute { [place] in self.join(place, waiter) }
            }
        }
    }

    private func join(_ place: Place, _ waiter: Waiter) {
        place.waiting.append(waiter)
        guard !place.runs else { return }
        place.runs = true
        // After what the loop has heard by now, so that requests that came together are read for together.
        place.redis.loop.execute { self.begin(place) }
    }

    private func begin(_ place: Place) {
        let waiters = place.waiting
        place.waiting = []
        place.redis.read(pipeline) { [parse] result in
            let value = result.flatMap { answer in Result { try place.value(of: answer, parse) } }
            for waiter in waiters { waiter.resume(with: value) }
            place.runs = !place.waiting.isEmpty
            if place.runs { self.begin(place) }
        }
    }
}
