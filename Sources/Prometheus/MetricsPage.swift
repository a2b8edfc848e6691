package import Foundation

/// The metrics page of one program, read without a Prometheus server between.
package struct MetricsPage: Sendable {
    private let exchange: HTTPExchange

    /// - Parameters:
    ///   - base: for example `http://127.0.0.1:8080`; the page is its `/metrics`.
    ///   - timeLimit: from the request to the last byte of the page.
    package init(base: URL, timeLimit: Duration = .milliseconds(500)) {
        exchange = HTTPExchange(base: base, timeLimit: timeLimit)
    }

    /// What the page says now; nil when it gives no answer or no metrics.
    package func read() async -> [MetricFamily]? {
        guard let answer = try? await exchange.get("/metrics"), answer.status == 200 else { return nil }
        return try? TextFormat.parse(String(decoding: answer.body, as: UTF8.self))
    }
}
