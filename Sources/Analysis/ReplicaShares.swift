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

    /// Requests per replica between the two instants around the load. A replica that no request reached has no series
    /// and is listed with none; a counter that fell began anew, and counts from zero.
    package func replicaShares() -> Measured<[ReplicaShare]> {
        let after: PrometheusAnswer
        switch answer(named: "requests_after") {
        case .notMeasured(let reason): return .notMeasured(reason: reason)
        case .value(let answer): after = answer
        }
        if case .notMeasured(let reason) = answer(named: "requests_before") { return .notMeasured(reason: reason) }
        let rises = rises(before: "requests_before", after: after)
        var errors: [String: Double]?
        if case .value(let answer) = answer(named: "errors_after"), case .value = self.answer(named: "errors_before") {
            errors = self.rises(before: "errors_before", after: answer)
        }
        let names = Set(rises.keys).union(components.filter { $0.role == .store }.map(\.name))
        guard !names.isEmpty else { return .notMeasured(reason: "") }
        let total = rises.values.reduce(0, +)
        let shares = names.sorted(by: isInNaturalOrder).map { name in
            ReplicaShare(
                replica: name, requests: rises[name] ?? 0, share: total > 0 ? (rises[name] ?? 0) / total : nil,
                errors: errors.map { $0[name] ?? 0 })
        }
        return .value(shares)
    }

    private func rises(before name: String, after: PrometheusAnswer) -> [String: Double] {
        var before: [String: Double] = [:]
        if case .value(let answer) = answer(named: name) { before = answer.valuesPerReplica }
        return after.valuesPerReplica.reduce(into: [:]) { rises, entry in
            let earlier = before[entry.key] ?? 0
            rises[entry.key] = entry.value >= earlier ? entry.value - earlier : entry.value
        }
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
