import LoadGenerator
import TestSupport
import Testing

/// Keeps the body that it is given.
private struct KeptBody: BodySink {
    var bytes: [UInt8] = []

    mutating func receive(_ span: Span<UInt8>) {
        for index in 0..<span.count { bytes.append(span[index]) }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

private struct Reading {
    var scanner: ResponseScanner
    var body = KeptBody()
    var progress = ResponseScanner.Progress.incomplete

    /// Feeds the pieces until one of them ends the answer.
    init(_ pieces: [some Sequence<UInt8>], bodiless: Bool = false) {
        scanner = ResponseScanner(bodiless: bodiless)
        for piece in pieces where progress == .incomplete {
            let bytes = Array(piece)
            progress = scanner.scan(bytes.span, into: &body)
        }
    }

    init(_ text: String, bodiless: Bool = false) {
        self.init([Array(text.utf8)], bodiless: bodiless)
    }
}

@Suite(.timed) struct ResponseScannerTests {
    static let plain = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello"
    static let chunked =
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "3;name=value\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
    static let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n" + plain

    @Test(arguments: [plain, chunked, interim])
    func anyCutGivesTheSameAnswer(text: String) {
        let bytes = Array(text.utf8)
        let whole = Reading(text)
        #expect(whole.progress == .complete)
        #expect(whole.body.text == "hello")
        for cut in 1..<bytes.count {
            let reading = Reading([bytes[..<cut], bytes[cut...]])
            #expect(reading.progress == .complete, "cut at \(cut)")
            #expect(reading.scanner.status == whole.scanner.status)
            #expect(reading.body.text == "hello")
        }
        let single = Reading(bytes.map { [$0] })
        #expect(single.progress == .complete)
        #expect(single.body.text == "hello")
    }

    @Test(arguments: [plain, chunked])
    func aShortAnswerIsNotComplete(text: String) {
        let bytes = Array(text.utf8)
        for length in 0..<bytes.count {
            var reading = Reading([bytes[..<length]])
            #expect(reading.progress == .incomplete)
            #expect(reading.scanner.end() == .incomplete)
        }
    }

    @Test func withoutLengthTheCloseEndsTheBody() {
        var reading = Reading("HTTP/1.1 200 OK\r\n\r\nhello")
        #expect(reading.progress == .incomplete)
        #expect(reading.scanner.end() == .complete)
        #expect(reading.body.text == "hello")
        #expect(!reading.scanner.keepsAlive)
    }

    @Test(arguments: ["204 No Content", "304 Not Modified"])
    func answersWithoutBody(status: String) {
        let reading = Reading("HTTP/1.1 \(status)\r\nContent-Length: 9\r\n\r\n")
        #expect(reading.progress == .complete)
        #expect(reading.scanner.keepsAlive)
    }

    @Test func anAnswerToHeadHasNoBody() {
        #expect(Reading("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", bodiless: true).progress == .complete)
    }

    @Test(arguments: ["5\r\nContent-Length: 5", "5, 5", "5 ,\t5,5", "0005"]) func aLengthMayBeSaidTwice(length: String)
    {
        #expect(Reading("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\nhello").progress == .complete)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n", true), ("HTTP/1.0 200 OK\r\n", false),
        ("HTTP/1.1 200 OK\r\nconnection: Close\r\n", false), ("HTTP/1.1 200 OK\r\nConnection: x, close\r\n", false),
        ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", true), ("HTTP/1.1 200\r\nConnection: closed\r\n", true),
    ])
    func keepAlive(head: String, keepsAlive: Bool) {
        let reading = Reading(head + "Content-Length: 0\r\n\r\n")
        #expect(reading.progress == .complete)
        #expect(reading.scanner.keepsAlive == keepsAlive)
    }

    @Test(
        arguments: [
            ("SSH-2.0-OpenSSH_9.2", .statusLine), ("HTTP/2 200\r\n", .statusLine), ("HTTP/1.1 20 OK\r\n", .statusLine),
            ("HTTP/1.1 2000\r\n", .statusLine), ("HTTP/1.1 099 x\r\n", .statusLine), ("\r\n", .statusLine),
            ("HTTP/1.1 200 OK\r\nno colon\r\n", .header), ("HTTP/1.1 200 OK\r\n: x\r\n", .header),
            ("HTTP/1.1 200 OK\r\nA B: x\r\n", .header), ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", .length),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n", .length),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n", .length),
            ("HTTP/1.1 200 OK\r\nContent-Length:\r\n", .length),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n", .length),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n", .length),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", .chunk),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab", .chunk),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", .chunk),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", .upgrade),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", .surplus),
        ] as [(String, ResponseScanner.Fault)])
    func damage(text: String, fault: ResponseScanner.Fault) {
        #expect(Reading(text).progress == .malformed(fault))
        #expect(Reading(text.utf8.map { [$0] }).progress != .complete || fault == .surplus)
    }

    @Test func anEndlessHeadIsGivenUp() {
        let line = Array("X: \(String(repeating: "y", count: 1000))\r\n".utf8)
        let lines = Reading([Array("HTTP/1.1 200 OK\r\n".utf8)] + Array(repeating: line, count: 100))
        #expect(lines.progress == .malformed(.headTooLong))
        let oneLine = Reading(
            [Array("HTTP/1.1 200 OK\r\nX: ".utf8)] + Array(repeating: [UInt8](repeating: 65, count: 999), count: 99))
        #expect(oneLine.progress == .malformed(.headTooLong))
    }
}
