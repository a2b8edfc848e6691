import CHiredis
import Glibc

/// Redis answered with an error, or did not answer.
struct RedisError: Error, CustomStringConvertible {
    var message: String

    var description: String { "Redis: \(message)" }
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

/// A connection over TCP. Every call blocks.
///
/// Unchecked: the pool gives it to one thread at a time.
final class RedisConnection: PooledConnection, @unchecked Sendable {
    private let context: UnsafeMutablePointer<redisContext>
    private(set) var isUsable = true
    /// Reads, and changes that are sent as one transaction before anything is known of them.
    private(set) var mayRepeat = true

    init(_ configuration: RedisConfiguration) throws {
        let connected = redisConnectWithTimeout(
            configuration.host, Int32(configuration.port), timeval(tv_sec: 2, tv_usec: 0))
        guard let context = connected else { throw RedisError(message: "out of memory") }
        self.context = context
        guard context.pointee.err == 0 else {
            let error = lastError()
            redisFree(context)
            throw error
        }
        redisSetTimeout(context, timeval(tv_sec: 10, tv_usec: 0))
    }

    private func lastError() -> RedisError {
        RedisError(
            message: withUnsafeBytes(of: &context.pointee.errstr) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            })
    }

    func command(_ arguments: String...) throws -> RedisReply {
        var pipeline = RedisPipeline()
        pipeline.add(arguments)
        return try send(pipeline)[0]
    }

    /// - Parameter isRepeatable: false for changes that must not be made twice.
    /// - Throws: the first error among the answers, after all were read.
    func send(_ pipeline: RedisPipeline, isRepeatable: Bool = true) throws -> [RedisReply] {
        mayRepeat = true
        guard isRepeatable || !isClosedByServer else { throw broken() }
        mayRepeat = isRepeatable
        let status = pipeline.bytes.withUnsafeBytes { bytes in
            redisAppendFormattedCommand(context, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
        }
        guard status == REDIS_OK else { throw broken() }
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

    /// After a restart of Redis the first read of an old connection finds its end. Looked for before a change is sent,
    /// since afterwards nobody could tell whether it was made.
    private var isClosedByServer: Bool {
        var byte: UInt8 = 0
        return recv(context.pointee.fd, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
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

    func close() {
        isUsable = false
        redisFree(context)
    }
}
