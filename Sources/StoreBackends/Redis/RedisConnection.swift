import CHiredis
import Glibc

/// Redis answered with an error, or did not answer.
struct RedisError: Error, CustomStringConvertible {
    var message: String

    var description: String { "Redis: \(message)" }

    var isScriptForgotten: Bool { message.hasPrefix("NOSCRIPT") }
}

enum RedisReply: Sendable, Equatable {
    case null
    case integer(Int)
    /// A string or a status.
    case text(String)
    case array([RedisReply])

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    var array: [RedisReply]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}

/// Commands that are sent at once and answered in order.
struct RedisPipeline: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    mutating func add(_ arguments: String...) { add(arguments) }

    mutating func add(_ arguments: [String]) {
        bytes.append(contentsOf: "*\(arguments.count)\r\n".utf8)
        for argument in arguments {
            bytes.append(contentsOf: "$\(argument.utf8.count)\r\n".utf8)
            bytes.append(contentsOf: argument.utf8)
            bytes.append(contentsOf: "\r\n".utf8)
        }
        count += 1
    }
}

/// A connection over TCP or a Unix socket. Every call blocks, but `begin`, `receive`, `feed` and `nextReply`; none longer
/// than the limit of the configuration.
///
/// Unchecked: the pool gives it to one thread at a time.
final class RedisConnection: PooledConnection, @unchecked Sendable {
    private let context: UnsafeMutablePointer<redisContext>
    private(set) var isUsable = true
    let timeoutSeconds: Int
    /// Everything that is sent may be sent twice: reads, and changes that Redis itself recognises.
    let mayRepeat = true
    /// Which process of Redis this is: another after each of its starts.
    private(set) var run = ""
    /// Redis's clock less ours, in milliseconds; too small by the time of one exchange, never too large.
    private(set) var clockOffset = 0
    private var scripts: [String: String] = [:]

    init(_ configuration: RedisConfiguration) throws {
        let limit = timeval(tv_sec: 2, tv_usec: 0)
        let connected =
            configuration.host.hasPrefix("/")
            ? redisConnectUnixWithTimeout(configuration.host, limit)
            : redisConnectWithTimeout(configuration.host, Int32(configuration.port), limit)
        guard let context = connected else { throw RedisError(message: "out of memory") }
        self.context = context
        timeoutSeconds = configuration.timeoutSeconds
        do {
            guard context.pointee.err == 0 else { throw lastError() }
            redisSetTimeout(context, timeval(tv_sec: configuration.timeoutSeconds, tv_usec: 0))
            try greet(configuration)
        } catch {
            redisFree(context)
            throw error
        }
    }

    /// Says who we are and asks who is there, in one exchange.
    private func greet(_ configuration: RedisConfiguration) throws {
        var pipeline = RedisPipeline()
        if let password = configuration.password {
            pipeline.add(["AUTH"] + (configuration.user.map { [$0] } ?? []) + [password])
        }
        pipeline.add("INFO", "server")
        pipeline.add("TIME")
        let replies = Array(try send(pipeline).suffix(2))
        let now = MonotonicClock.milliseconds()
        guard let time = replies[1].array?.compactMap({ $0.text.flatMap { Int($0) } }), time.count == 2 else {
            throw RedisError(message: "TIME answered something else than a time")
        }
        clockOffset = time[0] * 1000 + time[1] / 1000 - now
        let lines = (replies[0].text ?? "").split(whereSeparator: \.isNewline)
        guard let run = lines.first(where: { $0.hasPrefix("run_id:") })?.dropFirst("run_id:".count) else {
            throw RedisError(message: "INFO names no run_id")
        }
        self.run = String(run)
    }

    private func lastError() -> RedisError {
        RedisError(
            message: withUnsafeBytes(of: &context.pointee.errstr) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            })
    }

    func command(_ arguments: String...) throws -> RedisReply { try command(arguments) }

    func command(_ arguments: [String]) throws -> RedisReply {
        var pipeline = RedisPipeline()
        pipeline.add(arguments)
        return try send(pipeline)[0]
    }

    /// Runs a script that is sent once in a connection's life.
    func run(_ script: String, _ arguments: [String]) throws -> RedisReply {
        if let digest = scripts[script] {
            do {
                return try command(["EVALSHA", digest, "0"] + arguments)
            } catch let error as RedisError where error.isScriptForgotten {
                scripts[script] = nil
            }
        }
        guard let digest = try command(["SCRIPT", "LOAD", script]).text else {
            throw RedisError(message: "SCRIPT LOAD answered something else than a digest")
        }
        scripts[script] = digest
        return try command(["EVALSHA", digest, "0"] + arguments)
    }

    /// Sends a script, and does not wait for its answer.
    /// - Returns: false where nothing was sent, since the script has not been loaded over this connection.
    func begin(_ script: String, _ arguments: [String]) throws -> Bool {
        guard let digest = scripts[script] else { return false }
        var pipeline = RedisPipeline()
        pipeline.add(["EVALSHA", digest, "0"] + arguments)
        try append(pipeline)
        var isSent: CInt = 0
        while isSent == 0 {
            guard redisBufferWrite(context, &isSent) == REDIS_OK else { throw broken() }
        }
        return true
    }

    /// Reads what has come of the answer to `begin`.
    /// - Returns: nil while it is not whole.
    /// - Throws: `LeftToThread` where Redis has forgotten the script.
    func receive(hasTimedOut: Bool) throws -> RedisReply? {
        guard !hasTimedOut else {
            isUsable = false
            throw RedisError(message: "no answer within \(timeoutSeconds) s")
        }
        guard redisBufferRead(context) == REDIS_OK else { throw broken() }
        var pointer: UnsafeMutableRawPointer?
        guard redisGetReplyFromReader(context, &pointer) == REDIS_OK else { throw broken() }
        guard let pointer else { return nil }
        defer { freeReplyObject(pointer) }
        do {
            return try Self.reply(pointer.assumingMemoryBound(to: redisReply.self).pointee)
        } catch let error as RedisError where error.isScriptForgotten {
            scripts = [:]
            throw LeftToThread()
        }
    }

    /// Takes what somebody else has read off the socket.
    func feed(_ bytes: UnsafeRawBufferPointer) throws {
        let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress
        guard redisReaderFeed(context.pointee.reader, start, bytes.count) == REDIS_OK else { throw unreadable() }
    }

    /// - Returns: the next reply out of what `feed` took; nil while it is not whole.
    func nextReply() throws -> Result<RedisReply, RedisError>? {
        var pointer: UnsafeMutableRawPointer?
        guard redisReaderGetReply(context.pointee.reader, &pointer) == REDIS_OK else { throw unreadable() }
        guard let pointer else { return nil }
        defer { freeReplyObject(pointer) }
        do {
            return .success(try Self.reply(pointer.assumingMemoryBound(to: redisReply.self).pointee))
        } catch let error as RedisError {
            return .failure(error)
        }
    }

    private func unreadable() -> RedisError {
        RedisError(
            message: withUnsafeBytes(of: &context.pointee.reader.pointee.errstr) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            })
    }

    private func append(_ pipeline: RedisPipeline) throws {
        let status = pipeline.bytes.withUnsafeBytes { bytes in
            redisAppendFormattedCommand(context, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
        }
        guard status == REDIS_OK else { throw broken() }
    }

    /// - Throws: the first error among the answers, after all were read.
    func send(_ pipeline: RedisPipeline) throws -> [RedisReply] {
        try append(pipeline)
        var replies: [RedisReply] = []
        replies.reserveCapacity(pipeline.count)
        var refusal: RedisError?
        for _ in 0..<pipeline.count {
            var pointer: UnsafeMutableRawPointer?
            guard redisGetReply(context, &pointer) == REDIS_OK, let pointer else { throw broken() }
            defer { freeReplyObject(pointer) }
            do {
                replies.append(try Self.reply(pointer.assumingMemoryBound(to: redisReply.self).pointee))
            } catch let error as RedisError {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
        return replies
    }

    private func broken() -> RedisError {
        isUsable = false
        return lastError()
    }

    private static func reply(_ reply: redisReply) throws -> RedisReply {
        switch reply.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .text(text(reply))
        case REDIS_REPLY_INTEGER: return .integer(Int(reply.integer))
        case REDIS_REPLY_ARRAY:
            return .array(
                try (0..<reply.elements).map { index in
                    guard let element = reply.element[index] else { return .null }
                    return try Self.reply(element.pointee)
                })
        case REDIS_REPLY_ERROR: throw RedisError(message: text(reply))
        default: return .null
        }
    }

    private static func text(_ reply: redisReply) -> String {
        String(decoding: UnsafeRawBufferPointer(start: reply.str, count: reply.len), as: UTF8.self)
    }

    var socket: CInt { context.pointee.fd }

    func close() {
        isUsable = false
        redisFree(context)
    }
}
