import Model
import Prometheus

/// The queries that every experiment is asked, by the names under which the report looks for the answers.
struct PrometheusQueries {
    struct Query: Sendable, Equatable {
        var name: String
        var expression: String
    }

    /// One of the lab's counters and the tasks that raise it.
    struct LabCounter: Sendable, Equatable {
        var name: String
        var method: HTTPMethod
        var path: String

        func counts(_ task: LoadTask) -> Bool { task.method == method && task.path == path }
    }

    static let labCounters = [
        LabCounter(name: "orders_total", method: .post, path: "/orders"),
        LabCounter(name: "highest_spenders_total", method: .get, path: "/orders/reports/highest-spenders"),
        LabCounter(name: "best_sellers_total", method: .get, path: "/orders/reports/best-sellers"),
    ]

    /// The metrics that are asked for, as a pattern of names.
    static let metrics = (labCounters.map(\.name) + ["http_request_duration_seconds_count"]).joined(separator: "|")

    /// What rates and percentiles are taken over.
    private let window: String

    /// - Parameter interval: from one scrape to the next; nil where it is not known. A rate needs two values within its
    ///   window: four intervals leave room for a scrape that is missed or late
    ///   (https://www.robustperception.io/what-range-should-i-use-with-rate).
    init(interval: Seconds?) { window = PrometheusDuration.text(4 * (interval ?? Self.usualInterval)) }

    /// Of most Prometheus servers.
    private static let usualInterval = 15.0
    private static let ofUsers = #"route!~"/metrics|/health-check""#
    private static let requests = "http_request_duration_seconds_count"

    /// The values of the counters over the whole load, of each process by itself: only so does the fall of one show where
    /// another rises.
    static let counters =
        labCounters.map { values(of: $0.name, $0.name) } + [
            values(of: "requests", "\(requests){\(ofUsers)}"),
            // Without answers 5xx there is no series, which is to show as 0, but only where answers are counted by status.
            Query(
                name: "errors_values",
                expression: #"\#(byProcess) (\#(requests){\#(ofUsers),status=~"5.."})"#
                    + #" or 0 * \#(byProcess) (\#(requests){\#(ofUsers),status!=""})"#),
        ]

    private static let byProcess = "sum by (job, instance, replica)"

    private static func values(of name: String, _ selector: String) -> Query {
        Query(name: name + "_values", expression: "\(byProcess) (\(selector))")
    }

    /// Asked over the whole load, one point per second.
    var ranges: [Query] {
        let requests = "\(Self.requests){\(Self.ofUsers)}"
        return Self.labCounters.map {
            rate($0.name, name: $0.name.replacing("_total", with: "_rate"))
        } + [
            rate(requests, name: "request_rate"),
            Query(
                name: "error_rate",
                expression: rate(#"\#(Self.requests){\#(Self.ofUsers),status=~"5.."}"#)
                    + " or 0 * " + rate(#"\#(Self.requests){\#(Self.ofUsers),status!=""}"#)),
            Query(
                name: "p95",
                expression:
                    "histogram_quantile(0.95, sum by (replica, le) (rate(http_request_duration_seconds_bucket{\(Self.ofUsers)}[\(window)])))"
            ),
            Query(name: "in_flight", expression: "sum by (replica) (http_requests_in_flight)"),
        ] + ["mysql", "redis"].flatMap(pool)
    }

    private func rate(_ selector: String) -> String { "sum by (replica) (rate(\(selector)[\(window)]))" }

    private func rate(_ selector: String, name: String) -> Query { Query(name: name, expression: rate(selector)) }

    /// The names are those of the signals' kinds.
    private func pool(_ database: String) -> [Query] {
        let metric = "store_\(database)_pool"
        return [
            Query(
                name: "\(database)_pool_busy",
                expression: #"sum by (replica) (\#(metric)_connections{state="busy"})"#),
            Query(name: "\(database)_pool_size", expression: "sum by (replica) (\(metric)_size)"),
            Query(name: "\(database)_pool_waiting", expression: "sum by (replica) (\(metric)_waiting_requests)"),
            Query(
                name: "\(database)_pool_wait",
                expression: rate("\(metric)_wait_seconds_sum") + " / " + rate("\(metric)_wait_seconds_count")),
            rate("\(metric)_rejected_total", name: "\(database)_pool_refused"),
        ]
    }
}
