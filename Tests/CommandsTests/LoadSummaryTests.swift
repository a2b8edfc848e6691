import Commands
import Foundation
import Model
import Orchestrator
import TestSupport
import Testing

/// What `load` answers, rendered from a fabricated measurement.
@Suite(.timed) struct LoadSummaryTests {
    /// All that the JSON of a search says is in its schema.
    @Test func theSchemaKnowsWhatASearchSays() throws {
        func object(_ value: Any?) throws -> [String: Any] { try #require(value as? [String: Any]) }
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../templates/load.schema.json")
        let schema = try object(JSONSerialization.jsonObject(with: Data(contentsOf: file)))
        let known = try object(schema["properties"])
        let step = try object(object(object(object(known["steps"])["items"])["properties"])["purpose"])
        #expect(Set(try #require(step["enum"] as? [String])) == Set(LoadStep.Purpose.allCases.map(\.rawValue)))

        let setup = try LoadSetup(
            arguments: ["http://127.0.0.1:1/", "--find-limit", "--limit", "error_rate > 1% for 5s", "--hold", "5s"])
        var measurement = Model.Measurement(variant: nil, stackKind: "url", began: 1000)
        var samples: [SecondSample] = []
        for (users, failed) in [(90, 0), (100, 50), (90, 0), (100, 50)] {
            let began = samples.count
            for _ in 0..<5 {
                let task = TaskSecond(
                    succeeded: Distribution(ascending: [.init(microseconds: 1000, count: 100)]),
                    failed: Distribution(ascending: [.init(microseconds: 1000, count: failed)].filter { $0.count > 0 }),
                    failures: failed > 0 ? [.status(503): failed] : [:])
                samples.append(SecondSample(second: samples.count, users: users, inFlight: 0, tasks: [task]))
            }
            measurement.steps.append(
                LoadStep(
                    users: users, purpose: .trial, rampBegan: Double(began), plateauBegan: began,
                    plateauEnded: began + 5, passed: failed == 0))
        }
        let summary = LoadSummary(
            PlainLoad.Result(measurement: measurement, samples: samples, interrupted: false), setup)
        let answer = try object(JSONSerialization.jsonObject(with: Data(summary.json.utf8)))
        #expect(Set(answer.keys).isSubset(of: Set(known.keys)))
        let (limit, knownLimit) = (
            try object(answer["limit"]), try object(object(known["limit"])["properties"])
        )
        #expect(Set(limit.keys).isSubset(of: Set(knownLimit.keys)))
        let (estimate, knownEstimate) = (
            try object(limit["estimate"]), try object(object(knownLimit["estimate"])["properties"])
        )
        #expect(Set(estimate.keys) == Set(knownEstimate.keys))
        #expect((estimate["users"] as? Double).map { $0 > 90 && $0 < 100 } == true)
        #expect(summary.text.contains("90 users passed 2 of 2 times, 100 users failed 2 of 2 times."))
    }

    /// Ten users without think time for five seconds, after a second in which they came.
    private static func summary(_ arguments: [String] = [], failed: Int = 0) throws -> LoadSummary {
        let setup = try LoadSetup(
            arguments: ["http://127.0.0.1:1/shop", "--users", "10", "--duration", "5s"] + arguments)
        let samples = (0..<6).map { second in
            let succeeded = Distribution(ascending: [.init(microseconds: 20_000, count: 100 - failed)])
            let failures = Distribution(ascending: failed > 0 ? [.init(microseconds: 30_000, count: failed)] : [])
            let task = TaskSecond(
                started: 100, succeeded: succeeded, failed: failures,
                failures: failed > 0 ? [.status(503): failed] : [:])
            return SecondSample(second: second, users: 10, inFlight: 0, tasks: [task])
        }
        var measurement = Model.Measurement(variant: nil, stackKind: "url", began: 1000)
        measurement.ended = 1006
        measurement.outcome = .measured
        measurement.steps = [
            LoadStep(users: 10, purpose: .stage, rampBegan: 0, plateauBegan: 1, plateauEnded: 6, passed: true)
        ]
        return LoadSummary(PlainLoad.Result(measurement: measurement, samples: samples, interrupted: false), setup)
    }

    @Test func theTableShowsThePlateauAlone() throws {
        let text = try Self.summary().text
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.first == "Plateau of 5 s at 10 users:")
        let head = try #require(lines.first { $0.hasPrefix("task") }).split(whereSeparator: \.isWhitespace)
        let row = try #require(lines.first { $0.contains(" 500 ") })
        #expect(head.prefix(4) == ["task", "requests", "failed", "req/s"])
        #expect(row.contains("100") && row.contains("20 ms"))
        #expect(!text.contains("Failures:"))
    }

    @Test func failuresAreCountedByKind() throws {
        let text = try Self.summary(["--fail-if", "error_rate > 5%", "--fail-if", "p95 > 1s"], failed: 10).text
        #expect(text.contains("Failures:\n  50 × "))
        #expect(text.contains("error_rate > 5%: met, 10.0 %"))
        #expect(text.hasSuffix("p95 > 1s: not met"))
    }

    @Test func tooFewRequestsAreNoPassedGate() throws {
        func summary(_ seen: TaskSecond) throws -> LoadSummary {
            let setup = try LoadSetup(arguments: ["http://127.0.0.1:1/", "--fail-if", "p95 > 100ms"])
            var measurement = Model.Measurement(variant: nil, stackKind: "url", began: 1000)
            measurement.steps = [
                LoadStep(users: 10, purpose: .stage, rampBegan: 0, plateauBegan: 0, plateauEnded: 1, passed: true)
            ]
            let sample = SecondSample(second: 0, users: 10, inFlight: 0, tasks: [seen])
            return LoadSummary(
                PlainLoad.Result(measurement: measurement, samples: [sample], interrupted: false), setup)
        }
        let latencies = Distribution(ascending: [.init(microseconds: 20_000, count: 24)])
        let few = try summary(TaskSecond(succeeded: latencies, due: DueSecond()))
        #expect(
            few.text.hasSuffix(
                "p95 > 100ms: not measured: it takes 59 requests on the plateau to say that it holds, and there were 24"
            ))
        #expect(!few.passesGates && few.isMeasured)
        // Nothing but timeouts: none of them was answered within the threshold.
        let waits = Distribution(ascending: [.init(microseconds: 200_000, count: 24)])
        let hung = try summary(TaskSecond(failed: waits, failures: [.timeout: 24], due: DueSecond()))
        #expect(hung.text.contains("p95 > 100ms: met, 200 ms") && !hung.passesGates)
        #expect(try Self.summary(["--fail-if", "p95 > 1s"]).passesGates)
    }

    @Test func withoutAFaultNothingIsSaidOfItsCost() throws {
        let summary = try Self.summary([
            "--fail-if", "lost > 10", "--fail-if", "p95 > 1s", "--fail-if", "recovery > 5s",
        ])
        #expect(summary.text.contains("Criterion lost > 10: not measured: no fault was made"))
        #expect(summary.text.contains("Criterion p95 > 1s: not met"))
        #expect(!summary.passesGates && summary.isMeasured)
        let answer = try #require(JSONSerialization.jsonObject(with: Data(summary.json.utf8)) as? [String: Any])
        let expectations = try #require(answer["expectations"] as? [[String: Any]])
        #expect(expectations.compactMap { $0["text"] as? String } == ["p95 > 1s", "lost > 10", "recovery > 5s"])
        #expect(expectations.compactMap { $0["measured"] as? Bool } == [true, false, false])
    }

    @Test func theSameIsThereForPrograms() throws {
        let json = try Self.summary(["--fail-if", "error_rate > 5%"], failed: 10).json
        let answer = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let step = try #require((answer["steps"] as? [[String: Any]])?.first)
        let total = try #require(step["total"] as? [String: Any])
        #expect(total["requests"] as? Int == 500 && total["failed"] as? Int == 50 && total["rate"] as? Double == 100)
        #expect(step["from"] as? Int == 1 && step["to"] as? Int == 6 && step["users"] as? Int == 10)
        #expect((answer["perSecond"] as? [Any])?.count == 6 && answer["seed"] as? Int == 42)
        #expect((answer["expectations"] as? [[String: Any]])?.first?["met"] as? Bool == true)
        #expect(answer["url"] as? String == "http://127.0.0.1:1/shop" && answer["limit"] == nil)
    }

    @Test func withoutAPlateauNothingWasMeasured() throws {
        let setup = try LoadSetup(arguments: ["http://127.0.0.1:1/"])
        let result = PlainLoad.Result(
            measurement: Model.Measurement(variant: nil, stackKind: "url", began: 0), samples: [], interrupted: true)
        let summary = LoadSummary(result, setup)
        #expect(summary.text == "Nothing was measured: no plateau began." && !summary.isMeasured)
    }
}
