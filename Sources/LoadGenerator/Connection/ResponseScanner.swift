/// Takes the body of an answer as it comes, in pieces of any length.
package protocol BodySink {
    /// The body that follows is compressed.
    mutating func begin(_ coding: ContentCoding)
    mutating func receive(_ bytes: Span<UInt8>)
}

extension BodySink {
    /// One that takes the bytes as they come.
    package mutating func begin(_ coding: ContentCoding) {}
}

/// Reads one HTTP/1.1 answer from bytes that may be cut anywhere (RFC 9112). Interim answers (1xx) are passed over. It
/// keeps nothing of the body and, of the head, only a line that is not yet whole.
package struct ResponseScanner: Sendable {
    package enum Progress: Sendable, Equatable {
        case incomplete
        case complete
        case malformed(Fault)
    }

    /// What made the bytes not an answer.
    package enum Fault: String, Sendable, Equatable, Error {
        case statusLine = "the status line is not HTTP/1.1"
        case header = "a header line is damaged"
        case length = "Content-Length is not one number"
        case headTooLong = "the head is longer than 64 KiB"
        case chunk = "a chunk's size or end is damaged"
        case surplus = "more bytes came than the answer's length allows"
        case upgrade = "the server switched protocols unasked"
    }

    private enum State: Sendable {
        case statusLine, header, chunkSize, chunkEnd, trailer
        case body(remaining: Int)
        case chunk(remaining: Int)
        case untilClose
        case done
        case failed(Fault)
    }

    private enum Framing: Sendable { case none, length(Int), chunked, unknownCoding }

    package static let longestHead = 65_536

    private var state = State.statusLine
    private var framing = Framing.none
    /// Of the body to come, until the sink knows it.
    private var coding: ContentCoding?
    private var headBytes = 0
    private var partial: [UInt8] = []
    private let bodiless: Bool
    /// The status code of the answer; 0 before its status line is whole.
    package private(set) var status = 0
    /// Whether the connection may carry another request once the answer is whole.
    package private(set) var keepsAlive = true
    package private(set) var hasBegun = false
    /// Whether the server has asked for the body of the request.
    private(set) var asksToContinue = false

    /// Whether it keeps what a user's session depends on: its cookies, and where a redirect leads.
    let noticesSession: Bool
    /// The values of all Set-Cookie fields.
    private(set) var setCookies: [[UInt8]] = []
    private(set) var location: [UInt8]?

    private let wanted: [[UInt8]]
    /// The values of the wanted fields; of several by one name the first.
    package private(set) var caught: [[UInt8]?]

    /// - Parameters:
    ///   - bodiless: the answer has no body whatever its head says, as to HEAD.
    ///   - wanted: names of header fields to keep, in lower case.
    ///   - noticesSession: keeps cookies and the target of a redirect.
    package init(bodiless: Bool = false, catching wanted: [[UInt8]] = [], noticesSession: Bool = false) {
        self.bodiless = bodiless
        self.noticesSession = noticesSession
        self.wanted = wanted
        caught = wanted.isEmpty ? [] : Array(repeating: nil, count: wanted.count)
    }

    /// Call again with the bytes that follow until the answer is complete or malformed.
    package mutating func scan(_ bytes: Span<UInt8>, into sink: inout some BodySink) -> Progress {
        var position = 0
        if bytes.count > 0 { hasBegun = true }
        while position < bytes.count {
            switch state {
            case .statusLine, .header, .chunkSize, .chunkEnd, .trailer:
                let start = position
                guard let end = bytes.firstIndex(of: 0x0A, from: start) else {
                    keep(bytes.extracting(start..<bytes.count))
                    if case .failed(let fault) = state { return .malformed(fault) }
                    return .incomplete
                }
                position = end + 1
                headBytes += position - start
                if headBytes > Self.longestHead {
                    state = .failed(.headTooLong)
                } else if partial.isEmpty {
                    take(line: bytes.extracting(start..<end))
                } else {
                    for index in start..<end { partial.append(bytes[index]) }
                    let line = partial
                    partial = []
                    take(line: line.span)
                }
                if let coding, isInBody {
                    sink.begin(coding)
                    self.coding = nil
                }
            case .body(let remaining):
                let length = min(remaining, bytes.count - position)
                sink.receive(bytes.extracting(position..<position + length))
                position += length
                state = length == remaining ? .done : .body(remaining: remaining - length)
            case .chunk(let remaining):
                let length = min(remaining, bytes.count - position)
                sink.receive(bytes.extracting(position..<position + length))
                position += length
                state = length == remaining ? .chunkEnd : .chunk(remaining: remaining - length)
            case .untilClose:
                sink.receive(bytes.extracting(position..<bytes.count))
                position = bytes.count
            case .done:
                state = .failed(.surplus)
            case .failed(let fault):
                return .malformed(fault)
            }
        }
        return progress
    }

    /// The peer has closed the connection.
    /// - Returns: `complete` when the close is what ends this answer, `incomplete` when the answer is cut short.
    package mutating func end() -> Progress {
        if case .untilClose = state { state = .done }
        return progress
    }

    private var progress: Progress {
        switch state {
        case .done: .complete
        case .failed(let fault): .malformed(fault)
        default: .incomplete
        }
    }

    private var isInBody: Bool {
        switch state {
        case .body, .chunkSize, .untilClose: true
        default: false
        }
    }

    /// Keeps the beginning of a line; garbage is recognised before its end, which may never come.
    private mutating func keep(_ bytes: Span<UInt8>) {
        for index in 0..<bytes.count { partial.append(bytes[index]) }
        switch state {
        case .statusLine where !StatusLine.canBegin(with: partial.span): state = .failed(.statusLine)
        case .chunkEnd where partial != [0x0D]: state = .failed(.chunk)
        case .chunkSize where partial.count > 4096: state = .failed(.chunk)
        default:
            if headBytes + partial.count > Self.longestHead { state = .failed(.headTooLong) }
        }
    }

    private mutating func take(line whole: Span<UInt8>) {
        let line = whole.count > 0 && whole[whole.count - 1] == 0x0D ? whole.extracting(0..<whole.count - 1) : whole
        switch state {
        case .statusLine:
            guard let parsed = StatusLine(line) else { return state = .failed(.statusLine) }
            status = parsed.status
            keepsAlive = parsed.minorVersion > 0
            framing = .none
            coding = nil
            state = .header
        case .header:
            if line.isEmpty { endHead() } else { takeHeader(line) }
        case .chunkSize:
            // Only what frames the answer's head counts towards the limit on heads.
            headBytes = 0
            guard let size = HeaderValue.chunkSize(line) else { return state = .failed(.chunk) }
            state = size == 0 ? .trailer : .chunk(remaining: size)
        case .chunkEnd:
            state = line.isEmpty ? .chunkSize : .failed(.chunk)
        case .trailer:
            if line.isEmpty { state = .done }
        default:
            break
        }
    }

    private mutating func catchField(_ line: Span<UInt8>, colon: Int) {
        for (index, name) in wanted.enumerated() where name.count == colon && caught[index] == nil {
            var same = 0
            while same < colon, line[same].lowercased == name[same] { same += 1 }
            guard same == colon else { continue }
            caught[index] = Self.value(of: line, colon: colon)
        }
    }

    private mutating func noticeSession(_ line: Span<UInt8>, colon: Int) {
        switch colon {
        case 10 where line.begins(withLowercased: "set-cookie"): setCookies.append(Self.value(of: line, colon: colon))
        case 8 where line.begins(withLowercased: "location"): location = Self.value(of: line, colon: colon)
        default: break
        }
    }

    private static func value(of line: Span<UInt8>, colon: Int) -> [UInt8] {
        var value: [UInt8] = []
        for position in HeaderValue.trimmed(line, colon + 1..<line.count) { value.append(line[position]) }
        return value
    }

    private mutating func endHead() {
        if (100..<200).contains(status) {
            for index in caught.indices { caught[index] = nil }
            (setCookies, location) = ([], nil)
            if status == 100 { asksToContinue = true }
            state = status == 101 ? .failed(.upgrade) : .statusLine
            return
        }
        if bodiless || status == 204 || status == 304 { return state = .done }
        switch framing {
        case .length(0): state = .done
        case .length(let length): state = .body(remaining: length)
        case .chunked: state = .chunkSize
        case .none, .unknownCoding:
            keepsAlive = false
            state = .untilClose
        }
    }

    private mutating func takeHeader(_ line: Span<UInt8>) {
        guard let colon = HeaderValue.nameEnd(line) else { return state = .failed(.header) }
        if !wanted.isEmpty { catchField(line, colon: colon) }
        if noticesSession { noticeSession(line, colon: colon) }
        switch colon {
        case 14 where line.begins(withLowercased: "content-length"):
            guard let length = HeaderValue.length(line.extracting(15..<line.count)) else {
                return state = .failed(.length)
            }
            if case .length(let earlier) = framing, earlier != length { return state = .failed(.length) }
            if case .none = framing { framing = .length(length) }
        case 17 where line.begins(withLowercased: "transfer-encoding"):
            let value = line.extracting(18..<line.count)
            framing = HeaderValue.lastToken(value, is: "chunked") ? .chunked : .unknownCoding
        case 16 where line.begins(withLowercased: "content-encoding"):
            let value = line.extracting(HeaderValue.trimmed(line, 17..<line.count))
            // Several fields are one list.
            coding = coding == nil ? ContentCoding(value) : .unknown
        case 10 where line.begins(withLowercased: "connection"):
            let value = line.extracting(11..<line.count)
            if HeaderValue.contains(token: "close", in: value) {
                keepsAlive = false
            } else if HeaderValue.contains(token: "keep-alive", in: value) {
                keepsAlive = true
            }
        default: break
        }
    }
}
