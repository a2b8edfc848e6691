import CHiredis
import Glibc
import StoreBackends

/// Looks into Redis past the store.
struct RedisProbe: ~Copyable {
    private let context: UnsafeMutablePointer<redisContext>

    init(_ configuration: RedisConfiguration) throws {
        guard let context = redisConnect(configuration.host, Int32(configuration.port)), context.pointee.err == 0 else {
            throw Servers.Failure(message: "no Redis")
        }
        self.context = context
    }

    deinit { redisFree(context) }

    /// The texts of an answer that is a list.
    func list(_ arguments: String...) throws -> [String] {
        try ask(arguments) { list in
            (0..<list.elements).compactMap { index in list.element[index].map { String(cString: $0.pointee.str) } }
        }
    }

    /// An answer that is one text.
    func text(_ arguments: String...) throws -> String {
        try ask(arguments) { reply in reply.str.map { String(cString: $0) } ?? "" }
    }

    private func ask<Value>(_ arguments: [String], _ read: (redisReply) throws -> Value) throws -> Value {
        let pointers = arguments.map { $0.withCString { UnsafePointer(strdup($0)) } }
        defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
        var arguments: [UnsafePointer<CChar>?] = pointers
        guard let reply = redisCommandArgv(context, Int32(arguments.count), &arguments, nil) else {
            throw Servers.Failure(message: "no answer from Redis")
        }
        defer { freeReplyObject(reply) }
        return try read(reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    func hash(_ key: String) throws -> [String: String] {
        let fields = try list("HGETALL", key)
        return Dictionary(
            stride(from: 0, to: fields.count - 1, by: 2).map { (fields[$0], fields[$0 + 1]) },
            uniquingKeysWith: { first, _ in first })
    }
}
