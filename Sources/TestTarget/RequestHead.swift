import NIOCore

/// What a server must know of a request's head.
struct RequestHead: Sendable {
    /// All bytes up to and with the empty line. The next request of a connection mostly has the same ones, and needs no reading.
    let bytes: ByteBuffer
    let path: String
    let bodyLength: Int
    /// The client wants the connection closed after the answer.
    let closes: Bool

    /// - Returns: nil while the head is not whole.
    init?(_ received: ByteBuffer) {
        let view = received.readableBytesView
        guard let end = Self.end(of: view) else { return nil }
        bytes = received.getSlice(at: received.readerIndex, length: end) ?? ByteBuffer()
        let lines = String(buffer: bytes).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        path = words.count > 1 ? String(words[1]) : "/"
        var (length, closes) = (0, words.last == "HTTP/1.0")
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2 else { continue }
            let value = sides[1].drop { $0 == " " }.lowercased()
            switch sides[0].lowercased() {
            case "content-length": length = Int(value) ?? 0
            case "connection": closes = value == "close" || (closes && value != "keep-alive")
            default: break
            }
        }
        (bodyLength, self.closes) = (max(0, length), closes)
    }

    /// The index after the empty line.
    private static func end(of view: ByteBufferView) -> Int? {
        var newlines = 0
        for (offset, byte) in view.enumerated() {
            if byte == 0x0A {
                newlines += 1
                if newlines == 2 { return offset + 1 }
            } else if byte != 0x0D {
                newlines = 0
            }
        }
        return nil
    }
}
