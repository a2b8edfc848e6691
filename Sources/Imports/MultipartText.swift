/// Bodies of `multipart/form-data` (RFC 7578) as they are sent.
enum MultipartText {
    private static let boundary = "----storelab-7c0b9f52d1e84a63"
    static let type = "multipart/form-data; boundary=\(boundary)"

    static func bytes(_ parts: [SourceRequest.Part]) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            var head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(quoted(part.name))\""
            if let file = part.file {
                head +=
                    "; filename=\"\(quoted(file.name))\"\r\nContent-Type: \(file.type ?? "application/octet-stream")"
            }
            bytes += Array((head + "\r\n\r\n").utf8) + (part.file?.bytes ?? Array(part.value.utf8)) + [0x0D, 0x0A]
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }

    private static func quoted(_ text: String) -> String {
        text.replacing("\r", with: "%0D").replacing("\n", with: "%0A").replacing("\"", with: "%22")
    }

    /// - Returns: nil where a part has what `multipart:` does not say.
    static func parts(_ text: String, type: String) -> [SourceRequest.Part]? {
        guard let match = type.firstMatch(of: /boundary="?([^";]+)/) else { return nil }
        let bytes = Array(text.utf8)
        let delimiter = Array("--\(match.output.1)".utf8)
        guard bytes.starts(with: delimiter) else { return nil }
        var parts: [SourceRequest.Part] = []
        var rest = bytes[delimiter.count...]
        while !rest.starts(with: Array("--".utf8)) {
            guard rest.starts(with: [0x0D, 0x0A]), let headEnd = rest.firstRange(of: Array("\r\n\r\n".utf8)) else {
                return nil
            }
            let body = rest[headEnd.upperBound...]
            guard let end = body.firstRange(of: Array("\r\n".utf8) + delimiter) else { return nil }
            let head = String(decoding: rest[..<headEnd.lowerBound], as: UTF8.self)
            guard let part = part(head, body[..<end.lowerBound]) else { return nil }
            parts.append(part)
            rest = body[end.upperBound...]
        }
        return parts.isEmpty ? nil : parts
    }

    private static func part(_ head: String, _ body: ArraySlice<UInt8>) -> SourceRequest.Part? {
        var disposition: String?
        var type: String?
        for line in head.split(separator: "\r\n") {
            let words = line.split(separator: ":", maxSplits: 1).map(String.init)
            guard words.count == 2 else { return nil }
            switch words[0].lowercased() {
            case "content-disposition": disposition = words[1]
            case "content-type": type = String(words[1].drop { $0 == " " })
            default: return nil
            }
        }
        guard let disposition, let name = disposition.firstMatch(of: /[; ]name="([^"]*)"/)?.output.1 else { return nil }
        guard let file = disposition.firstMatch(of: /filename="([^"]*)"/)?.output.1 else {
            guard type == nil, let value = String(validating: body, as: UTF8.self) else { return nil }
            return .init(name: String(name), value: value)
        }
        return .init(name: String(name), value: "", file: (bytes: Array(body), name: String(file), type: type))
    }
}
