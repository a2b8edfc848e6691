import Hummingbird
import StoreServer
import TestSupport
import Testing

@Suite(.timed) struct MetricsTests {
    private let client = StoreClient()

    private func lines() async throws -> [String] {
        let answer = try await client.ask("GET", "/metrics")
        #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        return answer.body.split(separator: "\n").map(String.init)
    }

    @Test func theLabsCountersBeginAtZero() async throws {
        let lines = try await lines()
        for counter in ["orders_total 0", "highest_spenders_total 0", "best_sellers_total 0"] {
            #expect(lines.contains(counter))
        }
    }

    @Test func theLabsCountersCountAttempts() async throws {
        _ = try await client.ask("POST", "/orders", #"{"user_id":1,"items":[{"product_id":1,"quantity":2}]}"#)
        _ = try await client.ask("POST", "/orders", "not JSON")
        client.store.fail(with: StoreError.unavailable("down"))
        for _ in 0..<3 { _ = try await client.ask("GET", "/orders/reports/highest-spenders") }
        _ = try await client.ask("GET", "/orders/reports/best-sellers")
        let lines = try await lines()
        for counter in ["orders_total 2", "highest_spenders_total 3", "best_sellers_total 1"] {
            #expect(lines.contains(counter))
        }
    }

    @Test func requestsAreLabelledByPatternMethodAndStatus() async throws {
        _ = try await client.ask("GET", "/orders/7")
        _ = try await client.ask("GET", "/orders/8")
        _ = try await client.ask("GET", "/wp-admin/1")
        _ = try await client.ask("GET", "/wp-admin/2")
        _ = try await client.ask("BREW", "/orders")
        _ = try await client.ask("PUT", "/orders")
        let lines = try await lines()
        for labels in [
            #"{route="/orders/{id}",method="GET",status="404"} 2"#, #"{route="unknown",method="GET",status="404"} 2"#,
            #"{route="/orders",method="other",status="405"} 1"#, #"{route="/orders",method="PUT",status="405"} 1"#,
        ] {
            #expect(lines.contains("http_request_duration_seconds_count" + labels))
        }
        #expect(lines.contains("http_requests_in_flight 1"))
    }

    /// Else the first errors of a route would be no rise of any series.
    @Test(arguments: [200, 503]) func aRouteThatAnsweredHasTheSeriesOfItsFailures(status: Int) {
        let histograms = RequestHistograms()
        let series = histograms.series(route: "/users", method: "GET")
        #expect(histograms.values.isEmpty)
        series.record(status: status, nanoseconds: 1000)
        let counts = Dictionary(uniqueKeysWithValues: histograms.values.map { ($0.labels.status, $0.counts.count) })
        #expect(counts == [500: 0, 503: 0].merging([status: 1]) { $1 })
    }

    @Test func everySampleHasItsFamilyBeforeIt() async throws {
        _ = try await client.ask("GET", "/health-check")
        var families: Set<Substring> = []
        for line in try await lines() {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") {
                #expect(families.insert(words[2]).inserted, "\(line) stands twice")
            } else if !line.hasPrefix("# HELP ") {
                let name = line.prefix { $0 != "{" && $0 != " " }
                let family = ["_bucket", "_sum", "_count"].first(where: name.hasSuffix).map { name.dropLast($0.count) }
                #expect(families.contains(name) || families.contains(family ?? ""), "\(line) has no family")
            }
        }
        for family in [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
            "process_start_time_seconds", "store_mysql_pool_connections", "store_mysql_pool_wait_seconds",
            "store_mysql_errors_total", "store_redis_errors_total", "store_order_retries_total", "store_build_info",
        ] {
            #expect(families.contains(family[...]))
        }
    }

    @Test func aHistogramIsCumulative() {
        var counts = HistogramCounts()
        for nanoseconds in [0, 500_000, 500_001, 3_000_000, 60_000_000_000] { counts.record(nanoseconds: nanoseconds) }
        var page = Exposition()
        page.histogram("x", counts, [("a", "b\"c\\d\ne")])
        let label = #"a="b\"c\\d\ne""#
        let bounds = [
            "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10",
            "+Inf",
        ]
        let cumulative = [2, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5]
        let buckets = zip(bounds, cumulative).map { "x_bucket{\(label),le=\"\($0)\"} \($1)\n" }.joined()
        #expect(page.text == buckets + "x_sum{\(label)} 60.004000001\nx_count{\(label)} 5\n")
    }
}
