import CNghttp2
import Glibc

/// The head of a task's requests as HTTP/2 has it, made from its lines in HTTP/1.1. One that is always the same is read once.
package final class HTTP2Fields {
    /// What the answers are held against.
    let check: AnswerCheck
    private let scheme: String
    /// The lines it was made from, with the empty one at their end.
    private var head: [UInt8] = []
    /// Names in lower case, and values.
    private var storage = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 512)
    private var used = 0
    private var fields: [nghttp2_nv] = []

    /// What is said of an HTTP/1.1 connection has no meaning in HTTP/2, and is left out (RFC 9113, section 8.2.2).
    private static let left: [StaticString] = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings",
    ]

    package init(scheme: String, check: AnswerCheck) {
        self.scheme = scheme
        self.check = check
    }

    deinit { storage.deallocate() }

    /// - Parameters:
    ///   - request: head and body, or a part of that, as HTTP/1.1 has them.
    ///   - body: takes the fields, valid while it runs, and where the request's body begins.
    func with<Result>(
        _ request: [UInt8], _ body: (UnsafeMutableBufferPointer<nghttp2_nv>, _ bodyStart: Int) -> Result
    ) -> Result {
        if !isMade(from: request) { make(from: request) }
        let start = head.count
        return fields.withUnsafeMutableBufferPointer { body($0, start) }
    }

    private func isMade(from request: [UInt8]) -> Bool {
        guard !head.isEmpty, request.count >= head.count else { return false }
        return request.withUnsafeBytes { bytes in
            head.withUnsafeBytes { $0.elementsEqualBytes(of: bytes) }
        }
    }

    private func make(from request: [UInt8]) {
        let end = Self.headEnd(request)
        head.removeAll(keepingCapacity: true)
        head.append(contentsOf: request[..<end])
        if storage.count < end + 128 {
            storage.deallocate()
            storage = .allocate(capacity: 2 * end + 128)
        }
        used = 0
        fields.removeAll(keepingCapacity: true)
        head.withUnsafeBufferPointer { head in
            var line = head.firstIndex(of: 0x0D) ?? head.count
            let blanks = head[..<line].indices.filter { head[$0] == 0x20 }
            guard blanks.count >= 2, let first = blanks.first, let last = blanks.last else { return }
            add(":method".utf8, head[..<first])
            add(":scheme".utf8, scheme.utf8)
            // Its place is among the first; its value comes with the lines.
            add(":authority".utf8, EmptyCollection())
            add(":path".utf8, head[(first + 1)..<last])
            line += 2
            while line < head.count {
                let next = head[line...].firstIndex(of: 0x0D) ?? head.count
                addLine(head, line..<next)
                line = next + 2
            }
        }
    }

    private func addLine(_ head: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) {
        guard let colon = head[line].firstIndex(of: 0x3A) else { return }
        let bytes = head.span
        let value = head[HeaderValue.trimmed(bytes, colon + 1..<line.upperBound)]
        let name = bytes.extracting(line.lowerBound..<colon)
        switch name.count {
        case 4 where name.begins(withLowercased: "host"):
            let place = copy(value)
            fields[2].value = place
            fields[2].valuelen = value.count
        case 2 where name.begins(withLowercased: "te") && !value.elementsEqual("trailers".utf8): return
        default:
            for other in Self.left where name.count == other.utf8CodeUnitCount && name.begins(withLowercased: other) {
                return
            }
            add(head[line.lowerBound..<colon].lazy.map(\.lowercased), value)
        }
    }

    private static func headEnd(_ request: [UInt8]) -> Int {
        var position = 0
        while position + 3 < request.count {
            if request[position] == 0x0D, request[position + 1] == 0x0A, request[position + 2] == 0x0D,
                request[position + 3] == 0x0A
            {
                return position + 4
            }
            position += 1
        }
        return request.count
    }

    private func add(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        let (nameStart, valueStart) = (copy(name), copy(value))
        fields.append(
            nghttp2_nv(
                name: nameStart, value: valueStart, namelen: name.count, valuelen: value.count,
                flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
    }

    private func copy(_ bytes: some Collection<UInt8>) -> UnsafeMutablePointer<UInt8>? {
        let place = storage.baseAddress.map { $0 + used }
        for byte in bytes {
            storage[used] = byte
            used += 1
        }
        return place
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the other begins with these bytes and is not shorter.
    fileprivate func elementsEqualBytes(of other: UnsafeRawBufferPointer) -> Bool {
        guard let start = baseAddress, let otherStart = other.baseAddress, other.count >= count else { return false }
        return memcmp(start, otherStart, count) == 0
    }
}
