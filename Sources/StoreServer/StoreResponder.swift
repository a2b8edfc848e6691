package import Hummingbird
import Logging
import NIOCore

/// Answers a request, whatever happens, and measures it.
package struct StoreResponder: HTTPResponder {
    package typealias Context = BasicRequestContext

    private let router: RouterResponder<BasicRequestContext>
    private let metrics: StoreMetrics

    /// - Parameter startUnixNanoseconds: when the process began.
    package init(store: any Store, metrics: StoreMetrics, startUnixNanoseconds: Int = ProcessStatistics.now()) {
        let routes = RouteTable()
        OperationsRoutes(metrics: metrics, startUnixNanoseconds: startUnixNanoseconds).add(to: routes)
        OrderRoutes(store: store, metrics: metrics).add(to: routes)
        CatalogueRoutes(store: store).add(to: routes)
        StockRoutes(store: store).add(to: routes)
        router = routes.buildResponder()
        self.metrics = metrics
    }

    package func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        metrics.inFlight.add(1)
        let start = NIODeadline.now()
        let response = await answer(request, context)
        let duration = NIODeadline.now() - start
        metrics.inFlight.add(-1)
        metrics.requests.record(
            RequestLabels(
                route: Self.route(of: context) ?? "unknown", method: Self.label(request.method),
                status: response.status.code),
            nanoseconds: Int(duration.nanoseconds))
        return response
    }

    private func answer(_ request: Request, _ context: BasicRequestContext) async -> Response {
        do {
            let response = try await router.respond(to: request, context: context)
            return Self.route(of: context) == nil ? Answer.error(.notFound, "there is nothing at this path") : response
        } catch {
            if let response = Answer.to(error) { return response }
            context.logger.error(
                "A request failed for an unforeseen reason",
                metadata: ["method": "\(request.method)", "path": "\(request.uri.path)", "error": "\(error)"])
            return Answer.error(.internalServerError, "an unforeseen error; the store's log has it")
        }
    }

    /// The pattern that the path matched; nil when it matched none.
    private static func route(of context: BasicRequestContext) -> String? {
        guard let path = context.endpointPath, path.utf8.first == UInt8(ascii: "/") else { return nil }
        return path
    }

    private static func label(_ method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options, .trace: method.rawValue
        default: "other"
        }
    }
}
