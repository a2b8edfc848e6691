import Model

/// The queries that every experiment of the store is asked, by the names under which the report looks for the answers.
enum PrometheusQueries {
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

    private static let ofUsers = #"route!~"/metrics|/health-check""#

    /// A counter that is asked for at the load's first and last moment; the answers' names end in `_before` and `_after`.
    struct Counter: Sendable, Equatable {
        var name: String
        var selector: String

        var after: Query { Query(name: name + "_after", expression: "sum by (replica) (\(selector))") }

        /// A counter that was not there yet counts as 0, for it starts at 0 with its process.
        func before(_ began: UnixTime) -> Query {
            let millisecond = (began * 1000).rounded() / 1000
            return Query(
                name: name + "_before",
                expression: "sum by (replica) (\(selector) @ \(millisecond)) or 0 * sum by (replica) (\(selector))")
        }
    }

    static let counters =
        labCounters.map { Counter(name: $0.name, selector: $0.name) } + [
            Counter(name: "requests", selector: "http_request_duration_seconds_count{\(ofUsers)}"),
            Counter(
                name: "errors", selector: #"http_request_duration_seconds_count{\#(ofUsers),status=~"5.."}"#),
        ]

    /// Asked at the end.
    static let instants = [Query(name: "targets_up", expression: #"up{job="store"}"#)]

    /// Asked over the whole load, one point per second.
    static let ranges =
        labCounters.map {
            Query(
                name: $0.name.replacing("_total", with: "_rate"), expression: "sum by (replica) (rate(\($0.name)[5s]))")
        } + [
            Query(
                name: "request_rate",
                expression: "sum by (replica) (rate(http_request_duration_seconds_count{\(ofUsers)}[5s]))"),
            // No answer 5xx means no series; it is to show as 0, not as nothing.
            Query(
                name: "error_rate",
                expression:
                    #"sum by (replica) (rate(http_request_duration_seconds_count{\#(ofUsers),status=~"5.."}[5s]))"#
                    + " or 0 * sum by (replica) (rate(http_request_duration_seconds_count{\(ofUsers)}[5s]))"),
            Query(
                name: "p95",
                expression:
                    "histogram_quantile(0.95, sum by (replica, le) (rate(http_request_duration_seconds_bucket{\(ofUsers)}[5s])))"
            ),
            Query(name: "in_flight", expression: "sum by (replica) (http_requests_in_flight)"),
        ] + ["mysql", "redis"].flatMap(pool)

    /// The names are those of the signals' kinds.
    private static func pool(_ database: String) -> [Query] {
        let metric = "store_\(database)_pool"
        return [
            Query(
                name: "\(database)_pool_busy",
                expression: #"sum by (replica) (\#(metric)_connections{state="busy"})"#),
            Query(name: "\(database)_pool_size", expression: "sum by (replica) (\(metric)_size)"),
            Query(name: "\(database)_pool_waiting", expression: "sum by (replica) (\(metric)_waiting_requests)"),
            Query(
                name: "\(database)_pool_wait",
                expression:
                    "sum by (replica) (rate(\(metric)_wait_seconds_sum[3s])) / sum by (replica) (rate(\(metric)_wait_seconds_count[3s]))"
            ),
            Query(
                name: "\(database)_pool_refused", expression: "sum by (replica) (rate(\(metric)_rejected_total[3s]))"),
        ]
    }
}
