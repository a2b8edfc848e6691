import Hummingbird

/// Collects the routes, so that a known path with another method is answered with 405 and the methods it has.
final class RouteTable {
    typealias Handler = @Sendable (Request, BasicRequestContext) async throws -> Response

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]

    private let router = Router(context: BasicRequestContext.self)
    private var allowed: [String: Set<HTTPRequest.Method>] = [:]

    /// - Parameter path: a pattern such as `/orders/{id}`; it labels the route's metrics.
    func on(_ method: HTTPRequest.Method, _ path: String, use handler: @escaping Handler) {
        add(method, path, handler)
        if method == .get {
            add(.head, path) { request, context in try await handler(request, context).createHeadResponse() }
        }
    }

    private func add(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
        allowed[path, default: []].insert(method)
        router.on(RouterPath(path), method: method, use: handler)
    }

    /// - Note: to be called once, when all routes are known.
    func buildResponder() -> RouterResponder<BasicRequestContext> {
        for (path, methods) in allowed {
            let allow = Self.methods.filter(methods.contains).map(\.rawValue).joined(separator: ", ")
            for method in Self.methods where !methods.contains(method) {
                add(method, path) { _, _ in
                    var response = Answer.error(.methodNotAllowed, "this path answers to \(allow) only")
                    response.headers[.allow] = allow
                    return response
                }
            }
        }
        return router.buildResponder()
    }
}
