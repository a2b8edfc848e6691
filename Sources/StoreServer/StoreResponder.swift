package import Hummingbird
import Logging
import NIOCore

/// Answers a request, whatever happens, and measures it.
package struct StoreResponder: HTTPResponder {
    package typealias Context = BasicRequestContext

    private let routes: Routes
    private let metrics: StoreMetrics

    /// - Parameter startUnixNanoseconds: when the process began.
    package init(store: any Store, metrics: StoreMetrics, startUnixNanoseconds: Int = ProcessStatistics.now()) {
        let table = RouteTable()
        OperationsRoutes(metrics: metrics, startUnixNanoseconds: startUnixNanoseconds).add(to: table)
        OrderRoutes(store: store, metrics: metrics).add(to: table)
        CatalogueRoutes(store: store).add(to: table)
        StockRoutes(store: store).add(to: table)
        routes = table.build(metrics.requests)
        self.metrics = metrics
    }

    package func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        metrics.inFlight.add(1)
        let start = NIODeadline.now()
        let response: Response
        let series: RequestSeries
        if let route = routes.fixed(for: request) {
            response = await answer(request, context, by: route.handler)
            series = route.series
        } else {
            response = await answer(request, context, by: routes.respond)
            series = routes.series(of: request, context)
        }
        let duration = NIODeadline.now() - start
        metrics.inFlight.add(-1)
        series.record(status: response.status.code, nanoseconds: Int(duration.nanoseconds))
        return response
    }

    private func answer(
        _ request: Request, _ context: BasicRequestContext, by handler: RouteTable.Handler
    ) async -> Response {
        do {
            return try await handler(request, context)
        } catch {
            if let response = Answer.to(error) { return response }
            context.logger.error(
                "A request failed for an unforeseen reason",
                metadata: ["method": "\(request.method)", "path": "\(request.uri.path)", "error": "\(error)"])
            return Answer.error(.internalServerError, "an unforeseen error; the store's log has it")
        }
    }
}
