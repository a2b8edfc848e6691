extension StoreMetrics {
    /// The answer to `GET /metrics`.
    package func exposition(of process: ProcessStatistics?) -> String {
        var page = Exposition()
        page.single("orders_total", .counter, "Calls of POST /orders.", orders.value)
        page.single(
            "highest_spenders_total", .counter, "Calls of GET /orders/reports/highest-spenders.", highestSpenders.value)
        page.single("best_sellers_total", .counter, "Calls of GET /orders/reports/best-sellers.", bestSellers.value)
        writeRequests(to: &page)
        writeRefusals(to: &page)
        write(mysqlPool, named: "mysql", to: &page)
        write(redisPool, named: "redis", to: &page)
        page.single(
            "store_redis_loop_connections", .gauge,
            "Open connections to Redis beside the pool's: one for each event loop that has read a report.",
            redisLoops.value)
        page.family("store_mysql_errors_total", .counter, "Errors that MySQL or its client library gave, by number.")
        for (code, count) in mysqlErrors.values {
            page.sample("store_mysql_errors_total", "\(count)", [("code", "\(code)")])
        }
        page.single("store_redis_errors_total", .counter, "Calls of Redis that failed.", redisErrors.value)
        page.single(
            "store_order_retries_total", .counter, "Transactions begun again after a deadlock or a lock wait timeout.",
            orderRetries.value)
        writeMirror(to: &page)
        page.family("store_build_info", .gauge, "Always 1; the labels say which store this is.")
        page.sample(
            "store_build_info", "1",
            [("version", identity.version), ("name", identity.name), ("backend", identity.backend)])
        if let process { write(process, to: &page) }
        return page.text
    }

    private func writeRequests(to page: inout Exposition) {
        let name = "http_request_duration_seconds"
        page.family(name, .histogram, "From the request's head to its answer, by route pattern, method and status.")
        for (labels, counts) in requests.values {
            page.histogram(
                name, counts, [("route", labels.route), ("method", labels.method), ("status", "\(labels.status)")])
        }
        page.single("http_requests_in_flight", .gauge, "Requests that have no answer yet.", inFlight.value)
    }

    private func writeRefusals(to page: inout Exposition) {
        page.family(
            "http_requests_refused_total", .counter, "Requests that could not be read, or not in time, by status.")
        for (status, count) in refusals.values {
            page.sample("http_requests_refused_total", "\(count)", [("status", "\(status)")])
        }
    }

    private func write(_ pool: PoolMetrics, named database: String, to page: inout Exposition) {
        let prefix = "store_\(database)_pool"
        let busy = pool.busy.value
        page.family("\(prefix)_connections", .gauge, "Open connections to the database.")
        page.sample("\(prefix)_connections", "\(busy)", [("state", "busy")])
        page.sample("\(prefix)_connections", "\(max(0, pool.open.value - busy))", [("state", "idle")])
        page.single("\(prefix)_size", .gauge, "Connections that the pool may open.", pool.size.value)
        page.single("\(prefix)_waiting_requests", .gauge, "Requests that wait for a connection.", pool.waiting.value)
        page.single(
            "\(prefix)_rejected_total", .counter, "Requests turned away because the wait was full or too long.",
            pool.rejected.value)
        page.family("\(prefix)_wait_seconds", .histogram, "From asking for a connection to having it.")
        page.histogram("\(prefix)_wait_seconds", pool.wait.counts)
    }

    private func write(_ process: ProcessStatistics, to page: inout Exposition) {
        page.single(
            "process_cpu_seconds_total", .counter, "CPU time of this process, user and system.",
            Exposition.seconds(nanoseconds: process.cpuNanoseconds))
        page.single(
            "process_resident_memory_bytes", .gauge, "Memory of this process that is in RAM.", process.residentBytes)
        page.single("process_open_fds", .gauge, "Open file descriptors.", process.openFileDescriptors)
        page.single(
            "process_start_time_seconds", .gauge, "Unix time at which this process began.",
            Exposition.seconds(nanoseconds: process.startUnixNanoseconds))
    }
}
