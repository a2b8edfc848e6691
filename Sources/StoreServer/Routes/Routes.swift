import Hummingbird

/// Finds who answers a request and where it is counted.
///
/// Paths without parameters, the reports among them, are looked up as they stand; a walk through the router's tree costs
/// twenty times as much. What is not found so goes through the router.
struct Routes: Sendable {
    struct Fixed: Sendable {
        var handler: RouteTable.Handler
        var series: RequestSeries
    }

    /// By path; the place of a method is its place among all.
    private let fixed: [String: [Fixed?]]
    private let router: RouterResponder<BasicRequestContext>
    private let unrouted: UnroutedPaths
    private let patterns: [String: [RequestSeries]]
    private let unknown: [RequestSeries]

    init(
        fixed: [String: [Fixed?]], router: RouterResponder<BasicRequestContext>, unrouted: UnroutedPaths,
        patterns: [String: [RequestSeries]], unknown: [RequestSeries]
    ) {
        self.fixed = fixed
        self.router = router
        self.unrouted = unrouted
        self.patterns = patterns
        self.unknown = unknown
    }

    /// The route of a path without parameters.
    func fixed(for request: Request) -> Fixed? {
        guard let path = request.head.path else { return nil }
        return fixed[path]?[RequestMethod(request.method).index]
    }

    /// Through the router.
    /// - Throws: what the route's handler throws.
    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let response = try await router.respond(to: request, context: context)
        guard pattern(of: context) == nil else { return response }
        guard let (pattern, refusal) = unrouted.refusal(of: request.uri.path) else {
            return Answer.error(.notFound, "there is nothing at this path")
        }
        context.coreContext.endpointPath.value = pattern
        return try await refusal(request, context)
    }

    /// Where a request that went through `respond` is counted.
    func series(of request: Request, _ context: BasicRequestContext) -> RequestSeries {
        let index = RequestMethod(request.method).index
        return pattern(of: context).flatMap { patterns[$0] }?[index] ?? unknown[index]
    }

    /// The pattern that the path matched; nil when it matched none.
    private func pattern(of context: BasicRequestContext) -> String? {
        guard let path = context.endpointPath, path.utf8.first == UInt8(ascii: "/") else { return nil }
        return path
    }
}
