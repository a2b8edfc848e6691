/// Frames of HTTP/2 (RFC 9113), written by hand.
enum Frames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    enum Kind: UInt8 {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
    }

    static let endStream: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let acknowledges: UInt8 = 1

    enum Setting {
        static let headerTable: UInt16 = 1
        static let mostStreams: UInt16 = 3
        static let window: UInt16 = 4
    }

    static func frame(_ kind: UInt8, flags: UInt8 = 0, stream: Int32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        let head = word(UInt32(length)).dropFirst() + [kind, flags]
        return Array(head) + word(UInt32(bitPattern: stream)) + payload
    }

    static func frame(_ kind: Kind, flags: UInt8 = 0, stream: Int32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        frame(kind.rawValue, flags: flags, stream: stream, payload)
    }

    static func settings(_ settings: [UInt16: UInt32] = [:]) -> [UInt8] {
        var payload: [UInt8] = []
        for (name, value) in settings {
            payload += [UInt8(name >> 8), UInt8(name & 0xFF)]
            payload += word(value)
        }
        return frame(.settings, payload)
    }

    static func goAway(last: Int32, code: UInt32 = 0) -> [UInt8] {
        frame(.goAway, word(UInt32(bitPattern: last)) + word(code))
    }

    static func reset(_ stream: Int32, code: UInt32) -> [UInt8] { frame(.reset, stream: stream, word(code)) }

    static func windowUpdate(_ stream: Int32, by count: Int) -> [UInt8] {
        frame(.windowUpdate, stream: stream, word(UInt32(count)))
    }

    static func data(_ stream: Int32, _ bytes: [UInt8], ends: Bool = true) -> [UInt8] {
        frame(.data, flags: ends ? endStream : 0, stream: stream, bytes)
    }

    /// - Parameter pieces: frames that it is cut into, the later ones CONTINUATION.
    static func headers(
        _ stream: Int32, _ fields: [(String, String)], ends: Bool = false, pieces: Int = 1
    ) -> [UInt8] {
        let block = block(fields)
        let length = (block.count + pieces - 1) / pieces
        return (0..<pieces).flatMap { piece in
            let part = Array(block[min(piece * length, block.count)..<min((piece + 1) * length, block.count)])
            let flags = (piece == pieces - 1 ? endHeaders : 0) | (piece == 0 && ends ? endStream : 0)
            return frame(piece == 0 ? .headers : .continuation, flags: flags, stream: stream, part)
        }
    }

    /// Header fields without compression (RFC 7541, section 6.2.2).
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        var block: [UInt8] = []
        for (name, value) in fields {
            block.append(0)
            for text in [name, value] {
                block += length(text.utf8.count)
                block += Array(text.utf8)
            }
        }
        return block
    }

    /// An answer of status 200 with a JSON body.
    static func answer(_ stream: Int32, _ body: String, status: String = "200", _ more: [(String, String)] = [])
        -> [UInt8]
    {
        let fields = [(":status", status), ("content-type", "application/json")] + more
        return headers(stream, fields, ends: body.isEmpty) + (body.isEmpty ? [] : data(stream, Array(body.utf8)))
    }

    static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { (shift: UInt32) in UInt8(truncatingIfNeeded: value >> shift) }
    }

    /// RFC 7541, section 5.1, with a prefix of seven bits.
    private static func length(_ count: Int) -> [UInt8] {
        guard count >= 127 else { return [UInt8(count)] }
        var (bytes, rest) = ([UInt8(127)], count - 127)
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
