import Foundation
import TestSupport
import Testing

/// A run with a bottleneck, and what its report says of it.
struct MadeRun {
    let bottleneck: MadeBottleneck
    let laboratory: Laboratory
    /// What the report says of the bottleneck, in English.
    let section: String

    /// Measures, then hands over what came out.
    static func with(
        _ bottleneck: MadeBottleneck, on stack: String, limit: String? = nil, _ body: (MadeRun) async throws -> Void
    ) async throws {
        let measured: (Laboratory) async throws -> Void = { laboratory in
            try laboratory.write("1.yaml", bottleneck.definition(limit: limit))
            let ending = try await laboratory.storelab(
                ["run", "experiments", "--output", "output", "--stack", stack]
            ) { program in try await interfere(bottleneck, laboratory, program) }
            #expect(ending.code == 0, "\(ending.errors)")
            let report = try laboratory.read("report.md")
            let heads = ["### Bottleneck", "### Headroom"]
            let section = heads.lazy.compactMap { report.components(separatedBy: $0).dropFirst().first }.first ?? report
            try await body(
                MadeRun(bottleneck: bottleneck, laboratory: laboratory, section: String(section.prefix(6000))))
        }
        if stack == "compose" {
            try await Laboratory.onEngine(measured)
        } else {
            try await Laboratory.with(measured)
        }
    }

    /// What is done to it from outside, from the second stage on.
    private static func interfere(
        _ bottleneck: MadeBottleneck, _ laboratory: Laboratory, _ program: Int32
    ) async throws {
        switch bottleneck {
        case .redisScripts:
            try await laboratory.waitForLoad("01-made", seconds: 6)
            let redis = try #require(laboratory.services()["redis"], "Redis runs")
            let port = try Interference.port(ofRedis: redis)
            try await onThread { try Interference.keepBusy(port: port, until: { kill(redis, 0) != 0 }) }
        case .generator:
            try await laboratory.waitForLoad("01-made", seconds: 6)
            let starvation = try Starvation(program, cores: 0.01)
            defer { starvation.end() }
            // All of the second stage, whose samples come late.
            try await laboratory.waitForLoad("01-made", seconds: 15)
        default: break
        }
    }

    /// The sentences that name a cause, the first one first. A machine that happened to be slower is none that was made.
    var causes: [String] {
        section.split(separator: "\n").map(String.init).filter { line in
            ["First cause:", "Saturated at both", "Also:", "one resource was already full"].contains {
                line.contains($0)
            }
                && !line.contains("the machine, which was")
        }
    }

    /// The geometric mean of the medians of the first and the last stage, in whole milliseconds.
    func middleLatency() async throws -> Int {
        let ending = try await laboratory.storelab(["report", "--output", "output", "--format", "json"])
        #expect(ending.code == 0, "\(ending.errors)")
        let report = try #require(
            JSONSerialization.jsonObject(with: Data(laboratory.read("report.json").utf8)) as? [String: Any])
        let experiment = (report["experiments"] as? [[String: Any]])?.first
        let steps = (experiment?["measurements"] as? [[String: Any]])?.first?["steps"] as? [[String: Any]] ?? []
        let medians = steps.compactMap { step -> Double? in
            let all = (step["requests"] as? [[String: Any]])?.first
            return (all?["succeeded"] as? [String: Any])?["p50"] as? Double
        }
        let (first, last) = (try #require(medians.first), try #require(medians.last))
        #expect(last > 2 * first, "the part is not too small: \(medians)")
        return max(1, Int(1000 * (first * last).squareRoot()))
    }
}
