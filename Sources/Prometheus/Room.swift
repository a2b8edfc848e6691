package import Foundation
package import Model
package struct PrometheusClient: Sendable {
    package init(base: URL) {}
    package func instant(name: String, query: String, at: UnixTime?) async -> PrometheusAnswer { PrometheusAnswer(name: name, query: query, kind: .instant(at: at ?? 0), series: [], error: "temporary") }
    package func range(name: String, query: String, from: UnixTime, to: UnixTime, step: Seconds) async -> PrometheusAnswer { PrometheusAnswer(name: name, query: query, kind: .range(from: from, to: to, step: step), series: [], error: "temporary") }
}
