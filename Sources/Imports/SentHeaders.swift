/// Which header fields of a source become fields of a task.
enum SentHeaders {
    /// What the load generator writes itself, of a connection rather than of a request.
    private static let ofConnection = [
        "host", "content-length", "connection", "transfer-encoding", "keep-alive", "proxy-connection", "te", "upgrade",
        "http2-settings", "proxy-authorization",
    ]
    /// What a browser adds by itself and an application seldom looks at; and questions whether what it has is still good.
    private static let ofBrowsers = [
        "user-agent", "accept-language", "cache-control", "pragma", "if-none-match", "if-modified-since", "dnt",
        "upgrade-insecure-requests", "priority", "referer", "purpose", "x-client-data", "range", "if-range",
    ]

    /// - Returns: why the request cannot be sent; nil where it can.
    static func choose(in request: inout SourceRequest, isRecording: Bool) -> String? {
        var chosen: [SourceRequest.Field] = []
        for field in request.headers {
            let name = field.name.lowercased()
            if name == "host", !isRecording, !request.origin.hasSuffix("://" + field.value.lowercased()) {
                // A name that was given on purpose.
                chosen.append(field)
                continue
            }
            if ofConnection.contains(name) { continue }
            if isRecording, ofBrowsers.contains(name) || name.hasPrefix("sec-") { continue }
            if !isRecording, name == "if-none-match" || name == "if-modified-since" || name == "range" {
                request.notes.append("without \(field.name), by which the answer would be another for each state")
                continue
            }
            if isRecording, name == "origin", field.value.lowercased() != request.origin { continue }
            if case .multipart = request.body, name == "content-type" { continue }
            if case .form = request.body, name == "content-type",
                field.value.lowercased() == "application/x-www-form-urlencoded"
            {
                continue
            }
            guard field.name.utf8.allSatisfy(isNameByte), (1...200).contains(field.name.utf8.count) else {
                return "a header field that cannot be sent"
            }
            var value = field.value
            while value.first == " " || value.first == "\t" { value.removeFirst() }
            while value.last == " " || value.last == "\t" { value.removeLast() }
            if value.isEmpty { continue }
            // A long value may be a secret, which does not stand in the definition.
            guard value.utf8.count <= 1900 || Secrets.isHeader(field.name) else {
                return "a header field longer than 1900 characters"
            }
            guard
                Marked.mapped(value, text: { $0 }, placeholder: { _ in "" }).utf8.allSatisfy({
                    (0x20...0x7E).contains($0)
                })
            else { return "a header field that is not ASCII" }
            chosen.append(.init(name: field.name, value: value))
        }
        request.headers = chosen
        return nil
    }

    /// RFC 9110, section 5.6.2.
    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    static func isNameByte(_ scalar: Unicode.Scalar) -> Bool { UInt8(exactly: scalar.value).map(isNameByte) ?? false }
}
