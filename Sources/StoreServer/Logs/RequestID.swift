import HTTPTypes
import Synchronization

/// Names a request in the answer and in the log: the client's own name for it where that is one, else a made one.
enum RequestID {
    static let field: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Request-ID") else { preconditionFailure("X-Request-ID is a header's name") }
        return name
    }()

    static func of(_ headers: HTTPFields) -> String {
        guard let given = headers[field], isSane(given) else { return make() }
        return given
    }

    /// 1 to 64 letters, digits, dots, dashes and underscores: what cannot break a log line.
    static func isSane(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                    || [0x2D, 0x2E, 0x5F].contains(byte)
            }
    }

    private static let start = UInt64.random(in: 0...UInt64.max)
    private static let count = Atomic<UInt64>(0)

    /// Fifteen characters, which a `String` holds without an allocation.
    static func make() -> String {
        var value = start &+ count.wrappingAdd(1, ordering: .relaxed).oldValue
        return String(unsafeUninitializedCapacity: 15) { buffer in
            for index in (0..<15).reversed() {
                let digit = UInt8(value & 0xF)
                buffer[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
                value >>= 4
            }
            return 15
        }
    }
}
