package import Model

/// What one replica answered during the load, as Prometheus counted it.
package struct ReplicaShare: Sendable, Equatable {
    package var replica: String
    package var requests: Double
    /// Of all replicas' requests; nil when there were none.
    package var share: Share?
    /// Answers with a status of 500 or above; nil when not measured.
    package var errors: Double?

    package init(replica: String, requests: Double, share: Share?, errors: Double?) {
        self.replica = replica
        self.requests = requests
        self.share = share
        self.errors = errors
    }
}

/// A value, or why there is none.
package enum Measured<Value: Sendable & Equatable>: Sendable, Equatable {
    case value(Value)
    /// - Parameter reason: one line; empty when nothing says why.
    case notMeasured(reason: String)
}

extension Measurement {
    package func answer(named name: String) -> Measured<PrometheusAnswer> {
        guard let answer = prometheus.first(where: { $0.name == name }) else { return .notMeasured(reason: "") }
        if let error = answer.error { return .notMeasured(reason: error) }
        return .value(answer)
    }

    /// Requests per replica over the load. A replica that no request reached has no series and is listed with none; a counter
    /// that fell began anew, and counts from zero. What the application shows no metric for was not measured.
    package func replicaShares() -> Measured<[ReplicaShare]> {
        let requests: [String: Double]
        switch rises(of: "requests") {
        case .notMeasured(let reason): return .notMeasured(reason: reason)
        case .value(let rises): requests = rises
        }
        guard !requests.isEmpty else {
            return .notMeasured(reason: "the application shows no metric http_request_duration_seconds")
        }
        var errors: [String: Double]?
        // Where none is counted by its status, none that is 5xx could be; records of older versions have no series then, and
        // only the store itself is known to count by status.
        if case .value(let rises) = rises(of: "errors"), !rises.isEmpty || dataset != nil { errors = rises }
        let names = Set(requests.keys).union(components.filter { $0.role == .store }.map(\.name))
        let total = requests.values.reduce(0, +)
        let shares = names.sorted(by: isInNaturalOrder).map { name in
            ReplicaShare(
                replica: name, requests: requests[name] ?? 0,
                share: total > 0 ? (requests[name] ?? 0) / total : nil, errors: errors.map { $0[name] ?? 0 })
        }
        return .value(shares)
    }

    /// The names of the answers that `replicaShares` reads, as this record has them.
    package var replicaShareAnswers: [String] {
        let suffix = prometheus.contains { $0.name == "requests_values" } ? "values" : "after"
        return ["requests_\(suffix)", "errors_\(suffix)"]
    }

    /// The rise of a counter per replica; of what has no such label, per instance.
    private func rises(of name: String) -> Measured<[String: Double]> {
        guard let values = prometheus.first(where: { $0.name == name + "_values" }) else { return olderRises(of: name) }
        if let error = values.error { return .notMeasured(reason: error) }
        var rises: [String: Double] = [:]
        for series in values.series {
            guard let replica = series.labels["replica"] ?? series.labels["instance"] else { continue }
            var one = values
            one.series = [series]
            guard let rise = CounterRise(one, beganAtZero: beganAtZero) else { continue }
            rises[replica, default: 0] += rise.total
        }
        return .value(rises)
    }

    /// Of records of versions that kept the values at the load's two ends only.
    private func olderRises(of name: String) -> Measured<[String: Double]> {
        let after: PrometheusAnswer
        switch answer(named: name + "_after") {
        case .notMeasured(let reason): return .notMeasured(reason: reason)
        case .value(let answer): after = answer
        }
        let before: PrometheusAnswer
        switch answer(named: name + "_before") {
        case .notMeasured(let reason): return .notMeasured(reason: reason)
        case .value(let answer): before = answer
        }
        let earlier = before.valuesPerReplica
        return .value(
            after.valuesPerReplica.reduce(into: [:]) { rises, entry in
                let began = earlier[entry.key] ?? 0
                rises[entry.key] = entry.value >= began ? entry.value - began : entry.value
            })
    }
}

extension PrometheusAnswer {
    /// The last value of each series by its label `replica`.
    package var valuesPerReplica: [String: Double] {
        var values: [String: Double] = [:]
        for item in series {
            guard let replica = item.labels["replica"], let value = item.points.last?.value else { continue }
            values[replica, default: 0] += value
        }
        return values
    }
}

/// `store-2` before `store-10`.
package func isInNaturalOrder(_ one: String, _ other: String) -> Bool {
    let (a, b) = (naturalKey(one), naturalKey(other))
    return a.stem == b.stem ? a.number < b.number : a.stem < b.stem
}

private func naturalKey(_ name: String) -> (stem: Substring, number: Int) {
    let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
    return (name.dropLast(digits), Int(name.suffix(digits)) ?? -1)
}
