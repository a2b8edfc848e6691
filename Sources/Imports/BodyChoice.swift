/// Which form of body a request's bytes can have in an experiment: `form:` and `multipart:`, which a person can edit, where they
/// are sent as in the source; else `text:`, or a file.
enum BodyChoice {
    /// Longer ones go into a file where that is possible.
    private static let longText = 8192
    private static let longestText = 60_000
    private static let mostFields = 50
    /// A key of YAML has 1024 characters at the most, with what is escaped in it.
    private static let longestName = 200

    /// - Returns: why the request cannot be sent; nil where it can.
    static func choose(for request: inout SourceRequest, savesFiles: Bool) -> String? {
        if request.body != nil, request.method == "HEAD" { return "a HEAD request with a body" }
        switch request.body {
        case nil: return nil
        case .form(let fields):
            if !canBeMapping(fields) {
                setType("application/x-www-form-urlencoded", of: &request)
                request.body = .text(FormText.text(fields))
            }
        case .text(let text):
            let type = request.header("Content-Type")?.lowercased() ?? ""
            if type.contains("x-www-form-urlencoded"), let fields = FormText.fields(text), canBeMapping(fields) {
                request.body = .form(fields)
            } else if type.hasPrefix("multipart/form-data"),
                let parts = MultipartText.parts(text, type: request.header("Content-Type") ?? ""), canBeMapping(parts),
                savesFiles || parts.allSatisfy({ $0.file == nil })
            {
                request.body = .multipart(parts)
            }
        case .multipart(let parts):
            if !canBeMapping(parts) || !savesFiles && parts.contains(where: { $0.file != nil }) {
                request.headers.removeAll { $0.name.lowercased() == "content-type" }
                request.headers.append(.init(name: "Content-Type", value: MultipartText.type))
                let bytes = MultipartText.bytes(parts)
                request.body = String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .bytes(bytes)
            }
        case .bytes: break
        }
        return written(&request, savesFiles: savesFiles)
    }

    private static func written(_ request: inout SourceRequest, savesFiles: Bool) -> String? {
        let needsFile = "a body that only a file can hold; with -o FILE it is written beside"
        switch request.body {
        case .bytes: return savesFiles ? nil : needsFile
        case .text(let text):
            let canBeText = text.utf8.count <= longestText && text.unicodeScalars.allSatisfy(isText)
            let isLong = text.utf8.count > longText
            if canBeText, !(savesFiles && isLong && !Marked.hasPlaceholder(text)) { return nil }
            guard savesFiles, !Marked.hasPlaceholder(text) else { return needsFile }
            request.body = .bytes(Array(text.utf8))
            return nil
        default: return nil
        }
    }

    private static func setType(_ type: String, of request: inout SourceRequest) {
        if request.header("Content-Type") == nil { request.headers.append(.init(name: "Content-Type", value: type)) }
    }

    /// What a text of a definition may hold.
    static func isText(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x85: true
        case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: false
        default: true
        }
    }

    /// Values of one name stand together there.
    private static func canBeMapping(_ fields: [SourceRequest.Field]) -> Bool {
        var names: [String] = []
        for field in fields where names.last != field.name {
            if names.contains(field.name) { return false }
            names.append(field.name)
        }
        return (1...mostFields).contains(names.count)
            && names.allSatisfy { $0.utf8.count <= longestName }
            && fields.allSatisfy { $0.value.utf8.count <= longText && $0.value.unicodeScalars.allSatisfy(isText) }
    }

    private static func canBeMapping(_ parts: [SourceRequest.Part]) -> Bool {
        Set(parts.map(\.name)).count == parts.count && (1...mostFields).contains(parts.count)
            && parts.allSatisfy { $0.name.utf8.count <= longestName }
            && parts.allSatisfy { $0.value.utf8.count <= longText && $0.value.unicodeScalars.allSatisfy(isText) }
    }
}
