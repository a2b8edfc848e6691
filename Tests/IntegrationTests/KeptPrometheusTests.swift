import Foundation
import TestSupport
import TestTarget
import Testing

extension OnRealServers {
    @Suite(.serialized) struct KeptPrometheusTests {
        @Test func aPrometheusOnTheKeptDataAnswersWhatTheRecordSays() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write(
                    "1.yaml", Definition.ramp("kept", replicas: 2, balancer: "round_robin", hold: "8s"))
                let ending = try await laboratory.storelab(
                    ["run", "experiments", "--output", "output", "--keep-prometheus"])
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(ending.errors.contains("/01-kept/prometheus"))
                try await laboratory.expectPrometheus(of: "01-kept") { prometheus, loadEnded in
                    let dashboard = try Dashboard()
                    #expect(dashboard.expressions.count >= 30 && dashboard.choices.count == 2)
                    #expect(dashboard.sources == ["${datasource}"])
                    for (panel, expression) in dashboard.expressions {
                        #expect(!expression.contains("$"), "\(panel)")
                        let values = try await prometheus.values(of: expression, at: loadEnded)
                        #expect(!values.isEmpty && values.allSatisfy(\.isFinite), "\(panel): \(expression): \(values)")
                    }
                    for choice in dashboard.choices {
                        #expect(try await prometheus.values(of: choice, at: loadEnded).count >= 2, "\(choice)")
                    }
                }
                // That Prometheus wrote into the folder; the record is as it was.
                let verified = try await laboratory.storelab(["verify", "--output", "output"])
                #expect(verified.code == 0, "\(verified.output)")
            }
        }

        @Test func whereThereIsNoneOfOurOwnTheRecordSaysSo() async throws {
            try await Laboratory.with { laboratory in
                try await TargetServer.with { (_, port) async throws in
                    let experiment = """
                        name: running
                        title: "running"
                        stack: { url: "http://127.0.0.1:\(port)" }
                        load:
                          tasks: [{ name: read, get: / }]
                          think_time: 100ms..300ms
                          ramp: [{ users: 2, spawn_rate: 2/s, hold: 2s }]
                        limits: ["error_rate > 1% for 2s"]
                        """
                    try laboratory.write("1.yaml", experiment)
                    let ending = try await laboratory.storelab(
                        ["run", "experiments", "--output", "output", "--keep-prometheus"])
                    #expect(ending.code == 0, "\(ending.errors)")
                    #expect(!ending.errors.contains("the Prometheus data are kept"))
                    let notes = try laboratory.record("01-running")["notes"] as? [String] ?? []
                    #expect(
                        notes.contains(
                            "The Prometheus data were not kept: this stack has no Prometheus of its own."))
                }
            }
        }
    }
}

extension Laboratory {
    /// The lab's counters in the kept data are those of the record.
    func expectPrometheus(
        of measurement: String, _ more: (_ prometheus: KeptPrometheus, _ loadEnded: Double) async throws -> Void
    ) async throws {
        let record = try record(measurement)
        let ended = try #require(record["ended"] as? Double)
        let samples = try read("\(measurement)/samples.jsonl").split(separator: "\n").count
        let loadEnded = try #require(record["loadBegan"] as? Double) + Double(samples)
        let counters = try #require(record["counters"] as? [[String: Any]])
        #expect(counters.count == 3)
        try await KeptPrometheus.with("\(output)/latest/\(measurement)/prometheus") { prometheus in
            for counter in counters {
                let name = try #require(counter["counter"] as? String)
                let values = try await prometheus.values(of: "sum(\(name))", at: ended)
                #expect(values == [try #require(counter["prometheus"] as? Double)], "\(name)")
            }
            try await more(prometheus, loadEnded)
        }
    }
}
