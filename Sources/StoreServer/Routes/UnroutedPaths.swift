/// The paths, for requests whose method the router does not know.
struct UnroutedPaths: Sendable {
    private struct Path: Sendable {
        /// nil stands for any segment.
        var segments: [Substring?]
        var pattern: String
        var refusal: RouteTable.Handler
    }

    private let paths: [Path]

    /// - Parameter refusals: what each pattern tells those who use a method that it has not.
    init(_ refusals: [String: RouteTable.Handler]) {
        paths = refusals.map { pattern, refusal in
            let segments = pattern.split(separator: "/").map { $0.hasPrefix("{") ? nil : $0 }
            return Path(segments: segments, pattern: pattern, refusal: refusal)
        }
    }

    /// - Returns: nil for a path that is none of the store's.
    func refusal(of path: String) -> (pattern: String, handler: RouteTable.Handler)? {
        let segments = path.split(separator: "/")
        let match = paths.first { path in
            path.segments.count == segments.count && zip(path.segments, segments).allSatisfy { $0 == nil || $0 == $1 }
        }
        return match.map { (pattern: $0.pattern, handler: $0.refusal) }
    }
}
