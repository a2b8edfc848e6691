import Foundation
import FoundationNetworking

/// One HTTP request and its answer, within a time limit.
struct HTTPExchange: Sendable {
    struct Answer {
        let status: Int
        let body: Data
    }

    let base: URL
    let timeLimit: Duration

    /// One for all clients: a session lives until the program ends.
    private static let session: URLSession = {
        keepLoopbackFromProxies()
        let configuration = URLSessionConfiguration.ephemeral
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.urlCache = nil
        return URLSession(configuration: configuration)
    }()

    func get(_ path: String) async throws(QueryError) -> Answer {
        try await answer(to: request(path))
    }

    /// As a form, which has no limit on the length of an expression.
    func post(_ path: String, _ form: [String: String]) async throws(QueryError) -> Answer {
        var request = try request(path)
        request.httpMethod = "POST"
        request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
        let pairs = form.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.encoded($0.value))" }
        request.httpBody = Data(pairs.joined(separator: "&").utf8)
        return try await answer(to: request)
    }

    private func request(_ path: String) throws(QueryError) -> URLRequest {
        guard let url = URL(string: base.absoluteString.trimmingCharacters(in: ["/"]) + path) else {
            throw QueryError("\(base.absoluteString) is no address of a server")
        }
        return URLRequest(url: url)
    }

    private func answer(to request: URLRequest) async throws(QueryError) -> Answer {
        do {
            let timeLimit = timeLimit
            let answer = try await withThrowingTaskGroup(of: Answer?.self) { group in
                group.addTask { try await Self.send(request, timeLimit: timeLimit) }
                group.addTask {
                    try await Task.sleep(for: timeLimit)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            guard let answer else { throw URLError(.timedOut) }
            return answer
        } catch {
            throw QueryError(described(error))
        }
    }

    /// URLSession is never told to cancel. Where that meets an answer that comes, `data(for:)` waits for ever for a lock that the
    /// other holds, and `URLSessionTask.cancel()` ends the program (Swift 6.3 on Linux). So nobody waits for what is given up,
    /// which URLSession ends by itself.
    private static func send(_ request: URLRequest, timeLimit: Duration) async throws -> Answer {
        var request = request
        request.timeoutInterval = timeLimit / .seconds(1) + 1
        let pending = PendingAnswer()
        session.dataTask(with: request) { body, response, error in
            guard let body, let response = response as? HTTPURLResponse else {
                return pending.end(.failure(error ?? URLError(.badServerResponse)))
            }
            pending.end(.success(Answer(status: response.statusCode, body: body)))
        }.resume()
        return try await withTaskCancellationHandler {
            try await pending.value
        } onCancel: {
            pending.end(.failure(CancellationError()))
        }
    }

    private func described(_ error: any Error) -> String {
        let place = "\(base.host() ?? base.absoluteString)\(base.port.map { ":\($0)" } ?? "")"
        guard let error = error as? URLError else {
            return error is CancellationError ? "the query was cancelled" : "Prometheus on \(place): \(error)"
        }
        return switch error.code {
        case .timedOut: "Prometheus on \(place) gave no answer within \(timeLimit)"
        case .cannotConnectToHost: "nothing listens on \(place), where Prometheus should"
        case .networkConnectionLost: "Prometheus on \(place) closed the connection before it answered"
        case .cancelled: "the query was cancelled"
        default: "Prometheus on \(place): \(error.localizedDescription)"
        }
    }

    /// On Linux, URLSession follows `http_proxy` and has no setting against it; a proxy cannot reach our loopback address.
    private static func keepLoopbackFromProxies() {
        let environment = ProcessInfo.processInfo.environment
        guard ["http_proxy", "all_proxy", "ALL_PROXY"].contains(where: { environment[$0]?.isEmpty == false }) else {
            return
        }
        let known = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
        guard known != "*" else { return }
        setenv("no_proxy", known.isEmpty ? "127.0.0.1,localhost" : "\(known),127.0.0.1,localhost", 1)
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }

    /// RFC 3986, section 2.3.
    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
