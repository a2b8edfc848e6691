import HTTPTypes
package import Hummingbird
import Logging
import NIOCore

/// Answers a request, whatever happens, and measures it.
package struct StoreResponder: HTTPResponder {
    package typealias Context = BasicRequestContext

    private let routes: Routes
    let metrics: StoreMetrics
    /// Every route's method and pattern, without the HEAD that each GET has beside it.
    package let routeList: [(method: String, path: String)]

    /// - Parameter startUnixNanoseconds: when the process began.
    package init(store: any Store, metrics: StoreMetrics, startUnixNanoseconds: Int = ProcessStatistics.now()) {
        let table = RouteTable()
        OperationsRoutes(metrics: metrics, startUnixNanoseconds: startUnixNanoseconds).add(to: table)
        OrderRoutes(store: store, metrics: metrics).add(to: table)
        CatalogueRoutes(store: store).add(to: table)
        StockRoutes(store: store).add(to: table)
        GraphQLRoute(store: store).add(to: table)
        routeList = table.routes
        routes = table.build(metrics.requests)
        self.metrics = metrics
    }

    package func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        metrics.inFlight.add(1)
        let start = NIODeadline.now()
        let id = RequestID.of(request.headers)
        var response: Response
        let series: RequestSeries
        if let route = routes.fixed(for: request) {
            response = await answer(request, id, context, by: route.handler)
            series = route.series
        } else {
            response = await answer(request, id, context, by: routes.respond)
            series = routes.series(of: request, context)
        }
        let duration = NIODeadline.now() - start
        metrics.inFlight.add(-1)
        series.record(status: response.status.code, nanoseconds: Int(duration.nanoseconds))
        response.headers.append(HTTPField(name: RequestID.field, value: id))
        context.logger.debug(
            "Answered",
            metadata: [
                "request_id": "\(id)", "method": "\(request.method)", "path": "\(request.uri.path)",
                "status": "\(response.status.code)", "duration_us": "\(duration.nanoseconds / 1_000)",
            ])
        return response
    }

    private func answer(
        _ request: Request, _ id: String, _ context: BasicRequestContext, by handler: RouteTable.Handler
    ) async -> Response {
        let response: Response
        do {
            response = try await handler(request, context)
        } catch {
            response = Answer.to(error) ?? unforeseen(error, request, id, context)
        }
        // A body after the answer to HEAD would be taken for the next answer.
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func unforeseen(
        _ error: any Error, _ request: Request, _ id: String, _ context: BasicRequestContext
    ) -> Response {
        context.logger.error(
            "A request failed for an unforeseen reason",
            metadata: [
                "request_id": "\(id)", "method": "\(request.method)", "path": "\(request.uri.path)",
                "error": "\(error)",
            ])
        return Answer.error(.internalServerError, "an unforeseen error; the store's log has it")
    }
}
