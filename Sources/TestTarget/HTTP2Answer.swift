import CNghttp2
import NIOCore

/// A whole answer as HTTP/2 has it, made of one of HTTP/1.1.
struct HTTP2Answer {
    let body: ByteBuffer
    /// Names and values, one after the other.
    private var bytes: [UInt8] = []
    /// Of each name and of its value, in `bytes`.
    private var fields: [(name: Range<Int>, value: Range<Int>)] = []

    /// For behaviours that are peculiar to HTTP/1.1.
    static let notHere = HTTP2Answer(
        Answers.whole(status: "501 Not Implemented", body: #"{"error":"over HTTP/1.1 only"}"#))

    /// - Returns: nil for what HTTP/1.1 alone has: chunks, a wrong length, bytes that are no answer.
    init?(_ whole: ByteBuffer) {
        guard let end = whole.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound,
            let head = whole.getString(at: whole.readerIndex, length: end - whole.readerIndex),
            let body = whole.getSlice(at: end, length: whole.writerIndex - end)
        else { return nil }
        self.body = body
        let lines = head.split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count > 1, words[0] == "HTTP/1.1", words[1].first != "1" else { return nil }
        add(":status", words[1])
        var length: Int?
        for line in lines.dropFirst() {
            let sides = line.split(separator: ": ", maxSplits: 1)
            guard sides.count == 2 else { return nil }
            let name = sides[0].lowercased()
            if name == "content-length" { length = Int(sides[1]) }
            add(name, sides[1])
        }
        guard length == body.readableBytes else { return nil }
    }

    private mutating func add(_ name: some StringProtocol, _ value: some StringProtocol) {
        let start = bytes.count
        bytes += Array(name.utf8)
        let middle = bytes.count
        bytes += Array(value.utf8)
        fields.append((start..<middle, middle..<bytes.count))
    }

    /// - Parameter take: gets the fields, valid while it runs.
    func withFields(_ take: (UnsafeMutableBufferPointer<nghttp2_nv>) -> Void) {
        var bytes = bytes
        bytes.withUnsafeMutableBufferPointer { bytes in
            var list = fields.map { name, value in
                nghttp2_nv(
                    name: bytes.baseAddress.map { $0 + name.lowerBound },
                    value: bytes.baseAddress.map { $0 + value.lowerBound }, namelen: name.count, valuelen: value.count,
                    flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
            }
            list.withUnsafeMutableBufferPointer { take($0) }
        }
    }
}
