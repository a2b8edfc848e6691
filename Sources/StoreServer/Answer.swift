import Hummingbird
import NIOCore

/// Answers as bytes: nothing on the way is encoded by reflection.
enum Answer {
    private static let jsonHeaders: HTTPFields = [.contentType: "application/json"]

    static func json(_ status: HTTPResponse.Status = .ok, _ write: (inout JSONWriter) throws -> Void) rethrows
        -> Response
    {
        var writer = JSONWriter()
        try write(&writer)
        return json(writer.buffer, status)
    }

    static func json(_ body: ByteBuffer, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: jsonHeaders, body: ResponseBody(byteBuffer: body))
    }

    static func error(_ status: HTTPResponse.Status, _ message: String) -> Response {
        json(status) { writer in writer.object { $0.member("error", message) } }
    }

    /// The answer to whatever a route threw.
    /// - Returns: nil for an error that nobody foresaw.
    static func to(_ error: any Error) -> Response? {
        switch error {
        case let error as RequestError: Self.error(error.status, error.message)
        case let error as StoreError: to(error)
        default: nil
        }
    }

    private static func to(_ error: StoreError) -> Response {
        switch error {
        case .invalid(let message): return self.error(.badRequest, message)
        case .notFound(let message): return self.error(.notFound, message)
        case .conflict(let message): return self.error(.conflict, message)
        case .unavailable(let message, let seconds):
            var response = self.error(.serviceUnavailable, message)
            response.headers[.retryAfter] = "\(seconds)"
            return response
        }
    }

    static func deleted(_ deleted: Bool) -> Response {
        json(deleted ? .ok : .notFound) { writer in writer.object { $0.member("deleted", deleted) } }
    }

    static func created(_ name: StaticString, _ id: Int) -> Response {
        json(.created) { writer in writer.object { $0.member(name, id) } }
    }
}
