import Foundation
import TestSupport
import Testing

extension OnRealServers {
    /// The program as its users run it, against real MariaDB, Redis, Nginx and Prometheus.
    @Suite(.serialized) struct RunTests {
        @Test func experimentsAreMeasuredAndReported() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("reads", backend: "mysql"))
                try laboratory.write(
                    "2.yaml", Definition.ramp("policies", replicas: 2, balancer: "[round_robin, ip_hash]"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")

                for report in ["report.md", "rapport.md"] {
                    let text = try laboratory.read(report)
                    #expect(text.contains("reads") && text.contains("policies"))
                }
                let record =
                    try JSONSerialization.jsonObject(
                        with: Data(laboratory.read("01-reads/record.json").utf8)) as? [String: Any]
                let counters = try #require(record?["counters"] as? [[String: Any]])
                #expect(counters.count == 3)
                for counter in counters {
                    #expect(counter["prometheus"] as? Double == counter["generator"] as? Double, "\(counter)")
                }
                let kept = laboratory.output + "/latest/01-reads/prometheus"
                #expect(!FileManager.default.fileExists(atPath: kept), "nobody asked for it")
                #expect(try laboratory.read("02-policies/ip_hash/stack/nginx.conf").contains("ip_hash;"))
                #expect(try !laboratory.read("02-policies/round_robin/stack/nginx.conf").contains("ip_hash"))

                let before = try laboratory.read("report.md") + laboratory.read("rapport.md")
                let again = try await laboratory.storelab(["report", "--output", "output"])
                #expect(again.code == 0)
                #expect(try laboratory.read("report.md") + laboratory.read("rapport.md") == before)
            }
        }

        @Test func theReportOfTheSampleIsTheCommittedOne() async throws {
            try await Laboratory.with { laboratory in
                let committed = Laboratory.home + "/output/sample"
                let copy = laboratory.output + "/sample"
                try FileManager.default.copyItem(atPath: committed, toPath: copy)
                for name in ["report.md", "rapport.md"] {
                    try FileManager.default.removeItem(atPath: "\(copy)/\(name)")
                }
                let ending = try await laboratory.storelab(["report", "sample", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                for name in ["report.md", "rapport.md"] {
                    let again = FileManager.default.contents(atPath: "\(copy)/\(name)")
                    #expect(again != nil && again == FileManager.default.contents(atPath: "\(committed)/\(name)"))
                }
            }
        }

        @Test func aLimitIsFoundBetweenTwoNumbersOfUsers() async throws {
            try await Laboratory.with { laboratory in
                let ramp = Definition.ramp("limit", limits: "p50 > 60ms for 1s", tasks: Self.reads)
                let search = ramp.replacing(
                    "ramp: [{ users: 10, spawn_rate: 20/s, hold: 3s }]",
                    with: "find_limit: { from: 20, to: 5000, hold: 2s, precision: 100%, factor: 4 }"
                )
                .replacing("cpus: 0.5", with: "cpus: 0.02").replacing("100ms..300ms", with: "0s..100ms")
                try laboratory.write("1.yaml", search)
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                let report = try laboratory.read("report.md")
                #expect(report.contains("p50 > 60ms for 1s"))
                #expect(ending.errors.contains("criterion met") && ending.errors.contains("passed"))
            }
        }

        @Test func aTaskThatFailsAtOnceIsABrokenTestNotAnOverload() async throws {
            try await Laboratory.with { laboratory in
                let broken = Self.reads.replacing("is: list", with: "has: order_id")
                try laboratory.write("1.yaml", Definition.ramp("broken", tasks: broken))
                try laboratory.write("2.yaml", Definition.ramp("sound", tasks: Self.reads))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 1)
                #expect(ending.errors.contains("fails before any load"))
                let report = try laboratory.read("report.md")
                #expect(report.contains("fails before any load"))
                #expect(FileManager.default.fileExists(atPath: laboratory.output + "/latest/02-sound/record.json.gz"))
            }
        }

        static let reads = """
                - { name: spenders, get: /orders/reports/highest-spenders, expect: { status: 200, is: list } }
            """
    }
}
