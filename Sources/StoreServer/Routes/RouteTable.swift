import Hummingbird

/// Collects the routes, so that a known path with another method is answered with 405 and the methods it has.
final class RouteTable {
    typealias Handler = @Sendable (Request, BasicRequestContext) async throws -> Response

    private let router = Router(context: BasicRequestContext.self)
    private var handlers: [String: [RequestMethod: Handler]] = [:]

    /// - Parameter path: a pattern such as `/orders/{id}`; it labels the route's metrics.
    func on(_ method: RequestMethod, _ path: String, use handler: @escaping Handler) {
        handlers[path, default: [:]][method] = handler
        if method == .get {
            handlers[path, default: [:]][.head] = { request, context in
                try await handler(request, context).createHeadResponse()
            }
        }
    }

    /// Every route, without the HEAD that each GET has beside it; before `build`.
    var routes: [(method: String, path: String)] {
        handlers.flatMap { path, byMethod in
            byMethod.keys.filter { $0 != .head }.map { (method: $0.rawValue, path: path) }
        }
    }

    /// - Note: to be called once, when all routes are known.
    func build(_ histograms: RequestHistograms) -> Routes {
        for path in handlers.keys { refuseOtherMethods(of: path) }
        var fixed: [String: [Routes.Fixed?]] = [:]
        var patterns: [String: [RequestSeries]] = [:]
        for (path, byMethod) in handlers.sorted(by: { $0.key < $1.key }) {
            let series = RequestMethod.allCases.map { histograms.series(route: path, method: $0.rawValue) }
            patterns[path] = series
            for (method, handler) in byMethod {
                guard let http = method.http else { continue }
                router.on(RouterPath(path), method: http, use: handler)
            }
            guard !path.contains("{") else { continue }
            fixed[path] = zip(RequestMethod.allCases, series).map { method, series in
                byMethod[method].map { Routes.Fixed(handler: $0, series: series) }
            }
        }
        let unknown = RequestMethod.allCases.map { histograms.series(route: "unknown", method: $0.rawValue) }
        let refusals = handlers.compactMapValues { $0[.other] }
        return Routes(
            fixed: fixed, router: router.buildResponder(), unrouted: UnroutedPaths(refusals), patterns: patterns,
            unknown: unknown)
    }

    private func refuseOtherMethods(of path: String) {
        guard let known = handlers[path] else { return }
        let allow = RequestMethod.allCases.filter { known[$0] != nil }.map(\.rawValue).joined(separator: ", ")
        for method in RequestMethod.allCases where known[method] == nil {
            handlers[path]?[method] = { _, _ in
                var response = Answer.error(.methodNotAllowed, "this path answers to \(allow) only")
                response.headers[.allow] = allow
                return response
            }
        }
    }
}
