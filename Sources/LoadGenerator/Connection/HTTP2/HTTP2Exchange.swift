import Model

/// One request over HTTP/2 and its answer. The answer is kept as HTTP/1.1 would have it, so that whatever reads, checks and
/// shows answers need not know how they came. nghttp2 has seen to it that its fields are sound.
package final class HTTP2Exchange {
    package enum End: Sendable, Equatable {
        case answered
        /// The server gave up this request alone, with an error code.
        case reset(UInt32)
        /// The server has not looked at the request, and says so (RFC 9113, section 6.8).
        case unprocessed
        /// What came breaks the rules of HTTP/2.
        case malformed
    }

    /// The number of its stream; 0 while nothing is under way.
    private(set) var id: Int32 = 0
    /// nil while the answer is not whole.
    package private(set) var end: End?
    /// When something of the answer came; 0 before.
    private(set) var firstByte: UInt64 = 0
    /// The answer; empty once `partial` reads it.
    private var heardText = AnswerText()
    /// Of a long answer, which is read as it comes.
    private(set) var partial: PartialAnswer?
    private(set) var upload: Outgoing?
    /// The body waits for the server's word.
    private(set) var isHeld = false
    private var fields: HTTP2Fields?
    private var isInHead = false
    private var asksToContinue = false
    /// Whom its end is told.
    unowned(unsafe) var stream: HTTP2Stream?

    private static let longest = 16_384

    package init() {}

    func begin(_ fields: HTTP2Fields, upload: Outgoing?, held: Bool) {
        self.fields = fields
        self.upload = upload
        isHeld = held
        (end, firstByte, isInHead, partial) = (nil, 0, false, nil)
        heardText.removeAll()
    }

    func started(_ id: Int32) { self.id = id }

    /// Nothing more can come on its stream, nor go out.
    func streamClosed() {
        id = 0
        upload = nil
    }

    /// Nobody has use for it any more.
    func over() {
        id = 0
        upload = nil
        partial = nil
    }

    func end(_ end: End) { if self.end == nil { self.end = end } }

    var isUnderWay: Bool { id > 0 }

    // MARK: The request's body

    /// - Returns: how many bytes were taken, and whether they were the last.
    func takeUpload(into buffer: UnsafeMutableRawBufferPointer) -> (count: Int, isLast: Bool) {
        let count = upload?.take(into: buffer) ?? 0
        let isLast = upload?.isEmpty ?? true
        if isLast { upload = nil }
        return (count, isLast)
    }

    func release() { isHeld = false }

    // MARK: The answer

    func heard(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, now: UInt64) {
        if firstByte == 0 { firstByte = now }
        if name.first == UInt8(ascii: ":") {
            // An answer has no other field of this sort (RFC 9113, section 8.3.2). What came before is an interim answer.
            isInHead = true
            heardText.removeAll()
            heardText.appendLine(
                UnsafeRawBufferPointer(start: nil, count: 0), "HTTP/1.1 ", UnsafeRawBufferPointer(value))
            asksToContinue = value.elementsEqual("100".utf8)
            return
        }
        // Else it is one of the fields after the body, of which nothing is kept.
        guard isInHead else { return }
        heardText.appendLine(UnsafeRawBufferPointer(name), ": ", UnsafeRawBufferPointer(value))
    }

    /// - Returns: whether the server has asked for the body of the request.
    func headEnded() -> Bool {
        guard isInHead else { return false }
        isInHead = false
        heardText.appendLineEnd()
        return asksToContinue
    }

    func heard(body: UnsafeRawBufferPointer) {
        if let partial {
            _ = partial.read(body)
        } else if heardText.count + body.count <= Self.longest {
            heardText.append(body)
        } else {
            readText()
            _ = partial?.read(body)
        }
    }

    /// From here on the answer is read as it comes.
    private func readText() {
        guard let check = fields?.check else { return }
        var reader = AnswerReader()
        reader.begin(check)
        _ = reader.read(heardText.bytes)
        partial = PartialAnswer(reader: reader, check: check, beginning: heardText.bytes)
        heardText.removeAll()
    }

    /// All that came, unless it is read as it comes; valid until the next request is answered, or the exchange is gone.
    var bytes: UnsafeRawBufferPointer { heardText.bytes }

    /// The same, to be kept.
    package var text: [UInt8] { Array(heardText.bytes) }

    /// What came, for a person.
    var beginning: Heard { Heard(before: partial?.heard ?? text, isHTTP2: true) }
}
