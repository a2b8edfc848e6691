package import Foundation
import FoundationNetworking
package import Model

/// Asks one Prometheus server through its HTTP API, version 1.
package struct PrometheusClient: Sendable {
    /// Prometheus refuses a range query with more points per series.
    static let mostPoints = 11_000

    private let exchange: HTTPExchange

    /// - Parameters:
    ///   - base: for example `http://127.0.0.1:9090`.
    ///   - timeLimit: for each request, from its beginning to the last byte of its answer.
    package init(base: URL, timeLimit: Duration = .seconds(2)) {
        exchange = HTTPExchange(base: base, timeLimit: timeLimit)
    }

    /// The value of an expression at a time, or now. What goes wrong stands in the answer's `error`, on one line.
    package func instant(name: String, query: String, at time: UnixTime? = nil) async -> PrometheusAnswer {
        let time = time ?? Date().timeIntervalSince1970
        var answer = PrometheusAnswer(name: name, query: query, kind: .instant(at: time), series: [])
        do throws(QueryError) {
            answer.series = try await series(of: "/api/v1/query", ["query": query, "time": Self.written(time)])
        } catch {
            answer.error = error.message
        }
        return answer
    }

    /// The values of an expression from one time to another, both included. A range of more points than Prometheus gives
    /// at once is asked for in parts. What goes wrong stands in the answer's `error`, on one line.
    /// - Parameter step: distance of the points in seconds, at least a millisecond.
    package func range(
        name: String, query: String, from: UnixTime, to: UnixTime, step: Seconds
    ) async -> PrometheusAnswer {
        var answer = PrometheusAnswer(
            name: name, query: query, kind: .range(from: from, to: to, step: step), series: [])
        do throws(QueryError) {
            var merged = MergedSeries()
            for part in try RangePart.parts(from: from, to: to, step: step, mostPoints: Self.mostPoints) {
                let form = [
                    "query": query, "start": Self.written(part.from), "end": Self.written(part.to),
                    "step": Self.written(step),
                ]
                merged.append(try await series(of: "/api/v1/query_range", form))
            }
            answer.series = merged.series
        } catch {
            answer.error = error.message
        }
        return answer
    }

    /// Whether the server has started and answers queries.
    package func isReady() async -> Bool {
        (try? await exchange.get("/-/ready"))?.status == 200
    }

    /// Everything that it scrapes, healthy or not.
    /// - Throws: `Problem` of measurement when Prometheus gives no answer.
    package func targets() async throws(Problem) -> [ScrapeTarget] {
        do throws(QueryError) {
            return try QueryResponse.targets(try await exchange.get("/api/v1/targets?state=active"))
        } catch {
            throw Problem(.measurement, "The targets of Prometheus are not known: \(error.message)")
        }
    }

    private func series(of path: String, _ form: [String: String]) async throws(QueryError) -> [PrometheusSeries] {
        try QueryResponse.series(try await exchange.post(path, form))
    }

    /// Milliseconds are what Prometheus resolves.
    private static func written(_ seconds: Double) -> String {
        String(format: "%.3f", seconds)
    }
}

/// Something that Prometheus scrapes, as it sees it.
package struct ScrapeTarget: Sendable, Equatable {
    package enum Health: String, Sendable, Equatable {
        case up, down
        /// Not scraped yet.
        case unknown
    }

    package var labels: [String: String]
    package var health: Health
    /// Why the last scrape failed; empty when it did not.
    package var lastError: String
    /// From one scrape to the next; nil where Prometheus does not say, as versions before 2.28.
    package var interval: Seconds?

    package init(labels: [String: String], health: Health, lastError: String = "", interval: Seconds? = nil) {
        self.labels = labels
        self.health = health
        self.lastError = lastError
        self.interval = interval
    }

    package var job: String { labels["job"] ?? "" }
    package var instance: String { labels["instance"] ?? "" }
}

/// Why there is no answer, in one line.
struct QueryError: Error, Equatable {
    let message: String

    init(_ message: String) {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.message = line.count <= 300 ? line : line.prefix(299) + "…"
    }
}
