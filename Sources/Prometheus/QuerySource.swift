package import Model

/// What answers queries in PromQL.
package protocol QuerySource: Sendable {
    /// The value of an expression at a time, or now. What goes wrong stands in the answer's `error`, on one line.
    func instant(name: String, query: String, at time: UnixTime?) async -> PrometheusAnswer

    /// The values of an expression from one time to another, both included. What goes wrong stands in the answer's
    /// `error`, on one line.
    /// - Parameter step: distance of the points in seconds.
    func range(name: String, query: String, from: UnixTime, to: UnixTime, step: Seconds) async -> PrometheusAnswer

    /// Everything that it scrapes, healthy or not.
    /// - Throws: `Problem` of measurement when it gives no answer.
    func targets() async throws(Problem) -> [ScrapeTarget]
}

extension PrometheusClient: QuerySource {}
