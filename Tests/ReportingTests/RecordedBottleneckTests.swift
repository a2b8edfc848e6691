import Foundation
import Model
import Reporting
import Results
import TestSupport
import Testing

/// Bottlenecks that were made on purpose and recorded (`Tests/record-bottlenecks`): the report names each first.
@Suite(.timed) struct RecordedBottleneckTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Recordings").standardizedFileURL

    struct Recorded: CustomTestStringConvertible, Sendable {
        var stack: String
        var name: String
        var testDescription: String { "\(stack)/\(name)" }
    }

    static let recordings: [Recorded] = ["local", "compose"].flatMap { stack in
        signs.keys.sorted().filter { stack == "local" || $0 != "redis-scripts" }.map {
            Recorded(stack: stack, name: $0)
        }
    }

    /// Parts of the sentence that names the cause; each row of a bottleneck is an alternative.
    private static let signs: [String: [[String]]] = [
        "store-pool": [["pool of connections to MySQL", " of 1 were in use"]],
        "mysql-connections": [["connections of MySQL", " of 20 were taken"]],
        "nginx-connections": [["Nginx's own connections"]],
        "store-cpu": [["CPU of the store", " of the 0.1 cores"]],
        "redis-cpu": [["CPU of Redis", " of the 0.01 cores"]],
        "redis-scripts": [["CPU of Redis"], ["Redis, which was slow"]],
        "generator": [["load generator, not the application"]],
    ]

    @Test(arguments: recordings) func theMadeBottleneckIsTheFirstCause(recorded: Recorded) throws {
        let place = Self.folder.appending(path: recorded.testDescription)
        let run = StudiedRun(try RunFolder(path: place.path).readRun())
        let templates = try repositoryTemplates()
        let report = try renderReport(run, language: .english, templates: templates)
        let cause = try #require(
            report.split(separator: "\n").first { $0.contains("First cause:") }, "no cause is named")
        let signs = try #require(Self.signs[recorded.name])
        #expect(signs.contains { $0.allSatisfy(cause.contains) }, "\(cause)")
        #expect(try renderReport(run, language: .french, templates: templates).contains("Première cause"))
        #expect(run.verdictDifferences == [])
        switch recorded.name {
        case "store-pool": #expect(report.contains("Set by the definition: `store.pool` 1."))
        case "redis-cpu": #expect(report.contains("CPU quota of redis: 0.01 cores, enforced"))
        default: break
        }
    }
}
