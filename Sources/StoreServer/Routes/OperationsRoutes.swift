import Hummingbird
import NIOCore

/// What those who run the store ask for.
struct OperationsRoutes {
    let metrics: StoreMetrics
    let startUnixNanoseconds: Int

    func add(to routes: RouteTable) {
        routes.on(.get, "/health-check") { _, _ in
            Answer.json { writer in writer.object { $0.member("status", "ok") } }
        }
        routes.on(.get, "/openapi.json") { _, _ in Answer.json(OpenAPI.document) }
        routes.on(.get, "/metrics") { _, _ in
            let process = ProcessStatistics.current(startUnixNanoseconds: startUnixNanoseconds)
            return Response(
                status: .ok, headers: [.contentType: Exposition.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.exposition(of: process))))
        }
    }
}
