/// A query that was put to Prometheus, and what it answered.
package struct PrometheusAnswer: Codable, Sendable, Equatable {
    /// A stable name, for example `requests_per_replica`.
    package var name: String
    package var query: String
    package var kind: Kind
    package var series: [PrometheusSeries]
    /// Why there is no answer; nil when there is one.
    package var error: String?

    package init(name: String, query: String, kind: Kind, series: [PrometheusSeries], error: String? = nil) {
        self.name = name
        self.query = query
        self.kind = kind
        self.series = series
        self.error = error
    }

    package enum Kind: Codable, Sendable, Equatable {
        case instant(at: UnixTime)
        case range(from: UnixTime, to: UnixTime, step: Seconds)
    }
}

package struct PrometheusSeries: Codable, Sendable, Equatable {
    package var labels: [String: String]
    package var points: [PrometheusPoint]

    package init(labels: [String: String], points: [PrometheusPoint]) {
        self.labels = labels
        self.points = points
    }
}

/// On disk a point is an array, `[time, value]`: there are thousands of them.
package struct PrometheusPoint: Sendable, Equatable {
    package var time: UnixTime
    /// Not a number (`NaN`, `+Inf`) becomes nil.
    package var value: Double?

    package init(time: UnixTime, value: Double?) {
        self.time = time
        self.value = value
    }
}

extension PrometheusPoint: Codable {
    package init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        time = try container.decode(UnixTime.self)
        value = try container.decodeIfPresent(Double.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(time)
        try container.encode(value)
    }
}

/// One of the lab's counters as Prometheus saw it rise, beside the generator's own count of requests sent, those of the
/// pre-flight included.
package struct CounterComparison: Codable, Sendable, Equatable {
    /// For example `orders_total`.
    package var counter: String
    package var task: String
    /// Rise of the counter, summed over the replicas, from before the pre-flight to after the load; nil when it was not
    /// measured. In records of older versions its value after the load.
    package var prometheus: Double?
    package var generator: Int

    package init(counter: String, task: String, prometheus: Double?, generator: Int) {
        self.counter = counter
        self.task = task
        self.prometheus = prometheus
        self.generator = generator
    }
}
