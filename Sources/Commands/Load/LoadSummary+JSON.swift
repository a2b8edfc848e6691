import Analysis
import Foundation
import Model
import Orchestrator

/// The answer of `load --json`; `templates/load.schema.json` describes it. Times are in seconds, rates per second, shares
/// from 0 to 1. Fields are only added within a format.
struct LoadAnswer: Codable, Equatable {
    static let currentFormat = 1

    struct Row: Codable, Equatable {
        var requests: Int
        var failed: Int
        var rate: Double
        var errorRate: Double?
        var mean: Double?
        var p50: Double?
        var p90: Double?
        var p95: Double?
        var p99: Double?
        var p999: Double?
        var max: Double?
        /// From when a request was sent to the first byte of its answer.
        var firstByteP50: Double?
        var firstByteP95: Double?
        var failures: [String: Int]

        enum CodingKeys: String, CodingKey {
            case requests, failed, rate, errorRate, mean, p50, p90, p95, p99, max, firstByteP50, firstByteP95, failures
            case p999 = "p99.9"
        }
    }

    struct Step: Codable, Equatable {
        /// nil of an open load.
        var users: Int?
        /// Of an open load.
        var arrivalsPerSecond: Double?
        var purpose: String
        var passed: Bool
        /// Of the plateau, since the load began.
        var from: Int
        var to: Int
        var verdict: String?
        var reasons: [String]
        var broken: String?
        /// Requests that ended on the plateau and were due before it.
        var dueBefore: Int?
        /// Requests under way at its end.
        var open: Int?
        var total: Row?
        var tasks: [String: Row]
        /// Tasks of one group together; left out where the load has none.
        var groups: [String: Row]?
    }

    struct Limit: Codable, Equatable {
        /// `interval`, `at-least`, `never-failed`, `fails-at-one-user`, `fails-from` or `not-measured`.
        var verdict: String
        var passed: Int?
        var failed: Int?
        /// Users at which a criterion is met on half of all plateaus, with its 95 % interval.
        var estimate: Estimate?
        var confirmed: Bool
        var contradictions: [Int]
        var diedAt: Int?
        var words: String
    }

    struct Estimate: Codable, Equatable {
        var users: Double
        var lower: Double?
        var upper: Double?
    }

    struct Second: Codable, Equatable {
        var second: Int
        /// nil of an open load.
        var users: Int?
        var requests: Int
        var failed: Int
        var p50: Double?
        var p95: Double?
    }

    struct JudgedCriterion: Codable, Equatable {
        var text: String
        var met: Bool
        /// Whether there were requests enough to say so.
        var measured: Bool
    }

    var format = currentFormat
    var version: String
    var url: String
    /// Of every random choice.
    var seed: UInt64?
    /// Seconds since 1970.
    var began: Double
    var ended: Double
    var interrupted: Bool
    /// Where connections went, where the URL's host has several addresses.
    var address: String?
    /// Requests of the whole load that were sent again on a fresh connection, because the server had closed the kept one.
    var reconnects: Int?
    /// Redirects of the whole load that were followed.
    var redirects: Int?
    /// Bodies of the whole load that came compressed, with their sizes in bytes.
    var compressed: CompressedBodies?
    /// Those that generated the load; left out where this program did.
    var agents: [AgentReport]?
    /// Of the plateau that the answer rests on.
    var verdict: String?
    var steps: [Step]
    /// Of a search.
    var limit: Limit?
    /// The criteria of `--fail-if`; the key keeps the name that it has in format 1.
    var expectations: [JudgedCriterion]
    var perSecond: [Second]
}

extension LoadSummary {
    package var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return String(decoding: try encoder.encode(encoded), as: UTF8.self)
        }
    }

    private var encoded: LoadAnswer {
        LoadAnswer(
            version: storelabVersion, url: setup.url, seed: setup.load.seed, began: result.measurement.began,
            ended: result.measurement.ended, interrupted: result.interrupted,
            address: result.measurement.generator?.address, reconnects: reconnects,
            redirects: hops, compressed: compressed,
            agents: result.measurement.generator?.agents, verdict: shown?.validity?.verdict.rawValue,
            steps: zip(steps, groups).map(step),
            limit: answer.map(Self.limit),
            expectations: criteria.map {
                .init(text: $0.result.criterion.text, met: $0.met, measured: $0.isMeasured)
            } + faultVerdicts.map { .init(text: $0.criterion.text, met: $0.isMet, measured: $0.isMeasured) },
            perSecond: result.samples.map { Self.second($0, isOpen: setup.load.shape.isOpen) })
    }

    private func step(_ judged: JudgedStep, groups: [RequestSummary]) -> LoadAnswer.Step {
        LoadAnswer.Step(
            users: judged.step.rate == nil ? judged.step.users : nil, arrivalsPerSecond: judged.step.rate,
            purpose: judged.step.purpose.rawValue, passed: judged.passed,
            from: judged.step.plateauBegan, to: judged.step.plateauEnded, verdict: judged.validity?.verdict.rawValue,
            reasons: judged.validity?.reasonWords ?? [],
            broken: judged.breach.map { "\($0.limit.text): \($0.shown)" }, dueBefore: judged.summary?.before,
            open: judged.summary?.open, total: judged.summary.map { row($0.all) },
            tasks: rows(judged.summary?.tasks ?? []), groups: groups.isEmpty ? nil : rows(groups))
    }

    private func rows(_ summaries: [RequestSummary]) -> [String: LoadAnswer.Row] {
        Dictionary(summaries.map { ($0.task ?? "", row($0)) }, uniquingKeysWith: { first, _ in first })
    }

    private func row(_ summary: RequestSummary) -> LoadAnswer.Row {
        LoadAnswer.Row(
            requests: summary.requests, failed: summary.failed.count, rate: rate(of: summary),
            errorRate: summary.errorRate,
            mean: summary.succeeded.mean, p50: summary.succeeded.p50, p90: summary.succeeded.p90,
            p95: summary.succeeded.p95, p99: summary.succeeded.p99, p999: summary.succeeded.p999,
            max: summary.succeeded.maximum, firstByteP50: summary.firstByte.p50, firstByteP95: summary.firstByte.p95,
            failures: Dictionary(
                summary.failures.map { ($0.kind.rawValue, $0.count) }, uniquingKeysWith: { first, _ in first }))
    }

    private static func limit(_ answer: LimitAnswer) -> LoadAnswer.Limit {
        let (verdict, passed, failed): (String, Int?, Int?) =
            switch answer.verdict {
            case .interval(let passed, let failed):
                (answer.generatorLimited ? "at-least" : "interval", passed, failed)
            case .neverFailed(let users): ("never-failed", users, nil)
            case .failsAtOneUser: ("fails-at-one-user", nil, 1)
            case .failsFrom(let users): ("fails-from", nil, users)
            case .notMeasured: ("not-measured", nil, nil)
            }
        return LoadAnswer.Limit(
            verdict: verdict, passed: passed, failed: failed,
            estimate: answer.estimate.map { .init(users: $0.users, lower: $0.lower, upper: $0.upper) },
            confirmed: answer.confirmed,
            contradictions: answer.contradictions, diedAt: answer.killedBy, words: answer.words)
    }

    private static func second(_ sample: SecondSample, isOpen: Bool) -> LoadAnswer.Second {
        let succeeded = Distribution.merged(sample.tasks.map(\.succeeded))
        let failed = sample.tasks.reduce(0) { $0 + $1.failed.count }
        return LoadAnswer.Second(
            second: sample.second, users: isOpen ? nil : sample.users, requests: succeeded.count + failed,
            failed: failed,
            p50: succeeded.percentile(50), p95: succeeded.percentile(95))
    }
}
