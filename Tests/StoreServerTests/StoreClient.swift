import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import StoreServer
import Synchronization

/// Asks the responder as the server does, without a socket.
struct StoreClient {
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPFields
        var body: String
    }

    let store = MemoryStore()
    let metrics = StoreMetrics(identity: .init(version: "1.2.3", name: "store-1", backend: "memory"))
    let responder: StoreResponder

    init() {
        responder = StoreResponder(store: store, metrics: metrics)
    }

    func ask(
        _ method: String, _ path: String, _ body: String = "", contentType: String? = "application/json",
        requestID: String? = nil
    ) async throws -> Answer {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        if let name = HTTPField.Name("X-Request-ID") { headers[name] = requestID }
        let head = HTTPRequest(
            method: HTTPRequest.Method(rawValue: method) ?? .get, scheme: "http", authority: "store", path: path,
            headerFields: headers)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: Self.logger))
        let response = try await responder.respond(to: request, context: context)
        let collected = Collected()
        try await response.body.write(collected)
        return Answer(status: response.status.code, headers: response.headers, body: collected.text)
    }

    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private final class Collected: ResponseBodyWriter, Sendable {
        private let buffer = Mutex(ByteBuffer())

        var text: String { buffer.withLock { String(buffer: $0) } }

        func write(_ part: ByteBuffer) async throws {
            buffer.withLock { _ = $0.writeImmutableBuffer(part) }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
