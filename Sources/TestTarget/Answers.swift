import NIOCore

/// The bytes of answers.
enum Answers {
    static let body = #"{"ok":true}"#

    /// - Returns: the bytes, and whether the connection ends after them.
    static func bytes(of form: AnswerForm) -> (ByteBuffer, closing: Bool) {
        switch form {
        case .plain: (whole(), false)
        case .status(let code): (whole(status: "\(code) Status", body: #"{"error":"as asked"}"#), false)
        case .hiddenError: (whole(body: #"{"error":"hidden in a 200"}"#), false)
        case .chunked:
            (text("\(head())Transfer-Encoding: chunked\r\n\r\n5\r\n{\"ok\"\r\n6;note=1\r\n:true}\r\n0\r\n\r\n"), false)
        case .untilClose: (text("\(head())Connection: close\r\n\r\n\(body)"), true)
        case .wrongLength(let by): (text("\(head())Content-Length: \(body.utf8.count + by)\r\n\r\n\(body)"), true)
        case .informational:
            (text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n\(whole().text)"), false)
        case .gzip: (zipped(), false)
        case .large(let bytes): (whole(body: "\"\(String(repeating: "x", count: bytes))\""), false)
        }
    }

    static func whole(status: String = "200 OK", body: String = body) -> ByteBuffer {
        text("\(head(status))Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    static let half = text("\(head())Content-Length: 100\r\n\r\n{\"ok\":")
    static let garbage = text("\u{16}\u{3}\u{1} this is no HTTP\r\n\r\n\u{0}\u{7F}{]\r\n")
    static let endlessHead = text("HTTP/1.1 200 OK\r\n")
    static let endlessLines = text(String(repeating: "X-More: and more\r\n", count: 64))

    private static func head(_ status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n"
    }

    private static func zipped() -> ByteBuffer {
        // The plain body as gzip (RFC 1952) writes it.
        let zipped: [UInt8] = [
            0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xFF, 0xAB, 0x56, 0xCA, 0xCF, 0x56, 0xB2,
            0x2A, 0x29, 0x2A, 0x4D, 0xAD, 0x05, 0x00, 0x90, 0x5F, 0xD4, 0xA7, 0x0B, 0x00, 0x00, 0x00,
        ]
        var answer = text("\(head())Content-Encoding: gzip\r\nContent-Length: \(zipped.count)\r\n\r\n")
        answer.writeBytes(zipped)
        return answer
    }

    private static func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }
}

extension ByteBuffer {
    fileprivate var text: String { String(buffer: self) }
}
