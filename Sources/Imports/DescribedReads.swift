/// What a description of OpenAPI 3 says can be read without knowing more: for a first experiment on what it describes.
package struct DescribedReads: Sendable, Equatable {
    /// Paths with their queries, in the order of the description.
    package var read: [String] = []
    /// Requests that write, need a header or a body, or whose path needs a value without an example: `POST /orders`.
    package var leftOut: [String] = []

    /// - Returns: nil where the bytes are no such description.
    package init?(_ bytes: [UInt8]) {
        guard let tree = Self.tree(bytes), OpenAPIReader.isOpenAPI(tree) else { return nil }
        var secrets = Secrets()
        do {
            let found = try OpenAPIReader.read(tree, source: nil, target: "http://127.0.0.1", secrets: &secrets)
            for request in found.requests {
                if request.isPlainRead { read.append(request.target) } else { leftOut.append(request.place) }
            }
            leftOut += found.leftOut.map(\.request)
        } catch {
            return nil
        }
    }

    private static func tree(_ bytes: [UInt8]) -> Tree? {
        if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") { return try? JSONReader.tree(bytes) }
        return String(validating: bytes, as: UTF8.self).flatMap { try? YAMLTree.tree($0) }
    }
}

extension SourceRequest {
    fileprivate var isPlainRead: Bool {
        method == "GET" && headers.isEmpty && body == nil && !Marked.hasPlaceholder(target)
            && !target.contains { $0 == "$" || $0.isWhitespace } && !notes.contains { $0.hasPrefix("made up") }
    }
}
