import Model

/// Reads `limits:`, a list of criteria such as `p95 > 500ms for 5s`.
struct CriterionDecoder {
    let log: FaultLog
    /// Bounds thresholds and windows; nil when `load` has faults.
    let load: LoadDefinition?

    /// What "stops answering correctly" means unless the experiment says otherwise.
    private static let defaults = [(CriterionMetric.errorRate, 0.01, "1%"), (.p95, 0.5, "500ms")]

    func criteria(_ entry: YAMLValue.Entry?, place: Place) -> [Criterion]? {
        guard let entry else {
            let window = min(5, load?.shape.shortestHold ?? 5)
            return Self.defaults.map { metric, threshold, written in
                let text = "\(metric.rawValue) > \(written) for \(Quantity.written(duration: window))"
                return Criterion(metric: metric, threshold: threshold, window: window, text: text)
            }
        }
        if case .broken = entry.value.content { return nil }
        guard case .list(let values) = entry.value.content, values.count <= 50 else {
            log.add(
                "limits: expected a list such as - p95 > 500ms for 5s, found \(entry.value.found)",
                at: entry.value.place)
            return nil
        }
        if values.isEmpty, case .findLimit = load?.shape {
            log.add(
                "limits: the list is empty; find_limit searches for the users at which a criterion is met",
                at: entry.value.place)
            return nil
        }
        var seen: Set<String> = []
        let criteria = values.map { value -> Criterion? in
            do throws(Unreadable) {
                let criterion = try criterion(value)
                guard seen.insert("\(criterion.metric) \(criterion.threshold) \(criterion.window)").inserted else {
                    throw Unreadable("\"\(criterion.text.shortened)\" is written twice")
                }
                return criterion
            } catch {
                log.add("limits: \(error.message)", at: value.place)
                return nil
            }
        }
        return criteria.allSatisfy { $0 != nil } ? criteria.compactMap(\.self) : nil
    }

    func criterion(_ value: YAMLValue) throws(Unreadable) -> Criterion {
        let expected = "a criterion such as p95 > 500ms for 5s"
        let text = try value.scalar(expected).trimmed
        let sides = text.split(separator: ">", omittingEmptySubsequences: false).map { String($0).trimmed }
        guard sides.count == 2 else { throw Unreadable("expected \(expected), found \"\(text.shortened)\"") }
        let known = CriterionMetric.allCases.map(\.rawValue)
        guard let metric = CriterionMetric(rawValue: sides[0]) else {
            let advice = NearestName.advice(for: sides[0], among: known)
            throw Unreadable("unknown metric \"\(sides[0].shortened)\"; \(advice)")
        }
        let parts = sides[1].split(separator: " for ", omittingEmptySubsequences: false).map { String($0).trimmed }
        guard parts.count == 2 else {
            throw Unreadable("\"\(text.shortened)\" has no window; write for example \(text.shortened) for 5s")
        }
        let threshold = try threshold(parts[0], of: metric)
        let window = try bounded(Quantity.duration(parts[1]), in: 1...3600) { Quantity.written(duration: $0) }
        if let hold = load?.shape.shortestHold, window > hold {
            let (window, hold) = (Quantity.written(duration: window), Quantity.written(duration: hold))
            throw Unreadable("the window of \(window) is longer than the shortest hold, \(hold)")
        }
        return Criterion(metric: metric, threshold: threshold, window: window, text: text)
    }

    private func threshold(_ text: String, of metric: CriterionMetric) throws(Unreadable) -> Double {
        guard metric.isLatency else {
            let share = try Quantity.share(text)
            guard (0..<1).contains(share) else {
                throw Unreadable("\(Quantity.written(share: share)) is out of range; write 0% to 99%")
            }
            return share
        }
        let latency = try bounded(Quantity.duration(text), in: 0.000_1...600) { Quantity.written(duration: $0) }
        if let timeout = load?.timeout, latency >= timeout {
            throw Unreadable(
                "\(text) can never be met: a request fails after the timeout, \(Quantity.written(duration: timeout))")
        }
        return latency
    }
}
