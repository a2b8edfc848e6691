import Foundation
import Model

/// Reads the bodies of the HTTP API's answers.
enum QueryResponse {
    /// - Throws: what Prometheus says against the query, or that the answer is not Prometheus's.
    static func series(_ answer: HTTPExchange.Answer) throws(QueryError) -> [PrometheusSeries] {
        let data: QueryData = try data(answer)
        switch data.result {
        case .vector(let items):
            return items.map { PrometheusSeries(labels: $0.metric, points: $0.value.map { [$0.point] } ?? []) }
        case .matrix(let items):
            return items.map { PrometheusSeries(labels: $0.metric, points: ($0.values ?? []).map(\.point)) }
        case .scalar(let value): return [PrometheusSeries(labels: [:], points: [value.point])]
        case .other(let type): throw QueryError("the expression gives a \(type), not numbers")
        }
    }

    static func targets(_ answer: HTTPExchange.Answer) throws(QueryError) -> [ScrapeTarget] {
        let data: TargetData = try data(answer)
        return data.activeTargets.map { target in
            ScrapeTarget(
                labels: target.labels, health: ScrapeTarget.Health(rawValue: target.health) ?? .unknown,
                lastError: target.lastError ?? "",
                interval: target.scrapeInterval.flatMap(PrometheusDuration.seconds))
        }
    }

    private static func data<Payload: Decodable>(_ answer: HTTPExchange.Answer) throws(QueryError) -> Payload {
        let decoder = JSONDecoder()
        if let failure = try? decoder.decode(Failure.self, from: answer.body), failure.status == "error" {
            throw QueryError("\(failure.errorType): \(failure.error)")
        }
        guard answer.status == 200 else {
            throw QueryError("the answer has status \(answer.status) and is not one of Prometheus")
        }
        do {
            return try decoder.decode(Success<Payload>.self, from: answer.body).data
        } catch {
            let beginning = String(decoding: answer.body.prefix(60), as: UTF8.self)
            throw QueryError("the answer is not one of Prometheus: \(beginning)")
        }
    }

    private struct Failure: Decodable {
        let status: String
        let errorType: String
        let error: String
    }

    private struct Success<Payload: Decodable>: Decodable {
        let data: Payload
    }

    private struct TargetData: Decodable {
        struct Target: Decodable {
            let labels: [String: String]
            let health: String
            let lastError: String?
            let scrapeInterval: String?
        }

        let activeTargets: [Target]
    }
}

/// The `data` of a query's answer.
private struct QueryData: Decodable {
    enum Result {
        case vector([Item])
        case matrix([Item])
        case scalar(Pair)
        case other(String)
    }

    /// Without `value` and `values` where Prometheus has a histogram instead.
    struct Item: Decodable {
        let metric: [String: String]
        let value: Pair?
        let values: [Pair]?
    }

    /// `[1700000000.123, "1.5"]`
    struct Pair: Decodable {
        let point: PrometheusPoint

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            let time = try container.decode(Double.self)
            let text = try container.decode(String.self)
            guard let value = Double(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no number")
            }
            point = PrometheusPoint(time: time, value: value.isFinite ? value : nil)
        }
    }

    let result: Result

    private enum Keys: String, CodingKey {
        case resultType, result
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        let type = try container.decode(String.self, forKey: .resultType)
        result =
            switch type {
            case "vector": .vector(try container.decode([Item].self, forKey: .result))
            case "matrix": .matrix(try container.decode([Item].self, forKey: .result))
            case "scalar": .scalar(try container.decode(Pair.self, forKey: .result))
            default: .other(type)
            }
    }
}
