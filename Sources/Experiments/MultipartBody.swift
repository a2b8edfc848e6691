package import Model

/// Bodies of `multipart/form-data` (RFC 7578).
package enum MultipartBody {
    package struct Part {
        package var name: String
        package var content: [BodyTemplate.Piece]
        /// nil for a field that is no file.
        package var fileName: String?
        /// nil for plain text.
        package var type: String?

        package init(
            name: String, content: [BodyTemplate.Piece], fileName: String? = nil, type: String? = nil
        ) {
            self.name = name
            self.content = content
            self.fileName = fileName
            self.type = type
        }
    }

    /// Stands in no file but by intent.
    static let boundary = "----storelab-7c0b9f52d1e84a63"
    /// The Content-Type of such a body.
    package static let type = "multipart/form-data; boundary=\(boundary)"

    package static func pieces(_ parts: [Part]) -> [BodyTemplate.Piece] {
        var pieces: [BodyTemplate.Piece] = []
        for (number, part) in parts.enumerated() {
            var head = (number > 0 ? "\r\n" : "") + "--\(boundary)\r\n"
            head += "Content-Disposition: form-data; name=\"\(quoted(part.name))\""
            if let fileName = part.fileName { head += "; filename=\"\(quoted(fileName))\"" }
            if let type = part.type { head += "\r\nContent-Type: \(type)" }
            pieces += [.text(head + "\r\n\r\n")] + part.content
        }
        return pieces + [.text("\r\n--\(boundary)--\r\n")]
    }

    /// As browsers do it (HTML standard, "multipart/form-data encoding algorithm").
    private static func quoted(_ text: String) -> String {
        text.replacing("\r\n", with: "%0D%0A").replacing("\n", with: "%0A").replacing("\r", with: "%0D")
            .replacing("\"", with: "%22")
    }
}
