import Foundation
import FoundationXML
import Model
import Reporting
import TestSupport
import Testing

@Suite(.timed) struct ReportDataTests {
    private static let ofLab = ReportData(Rendered.lab)
    private var data: ReportData { Self.ofLab }

    @Test func itHoldsWhatTheReportSays() throws {
        #expect(data.experiments.count == 6)
        let search = try #require(data.experiments[1].measurements.first)
        #expect(search.answer?.passed == 116 && search.answer?.failed == 150)
        #expect(search.steps.first?.requests.map(\.task) == [nil, "order", "highest-spenders", "best-sellers"])
        // Of the whole load: more than of all plateaus.
        let totals = try #require(search.totals)
        #expect(totals.map(\.task) == [nil, "order", "highest-spenders", "best-sellers"])
        #expect(totals[0].count == totals.dropFirst().reduce(0) { $0 + $1.count })
        #expect(totals[0].count >= search.steps.reduce(0) { $0 + ($1.requests.first?.count ?? 0) })
        #expect(data.experiments[4].measurements.map(\.variant) == ["round_robin", "least_conn", "ip_hash", "random"])
        #expect(data.experiments[4].measurements[2].replicas?.map(\.share) == [1, 0, 0])
        #expect(data.experiments[5].measurements.isEmpty)
    }

    @Test func itHasTheFormThatTheSchemaDescribes() throws { try expectForm(of: data) }

    @Test func theTableHasARowPerTaskOfEachPlateau() {
        let rows = data.csv.components(separatedBy: "\r\n").dropLast()
        let plateaus = data.experiments.flatMap { $0.measurements.flatMap { $0.steps.map(\.requests.count) } }
        #expect(rows.count == 1 + plateaus.reduce(0, +))
        #expect(Set(rows.map { $0.components(separatedBy: ",").count }) == [23])
    }

    @Test func theSuitesAreWellFormedAndNameWhatFailed() throws {
        var run = Fabricated.lab()
        run.experiments[0].measurements[0].measurement.outcome = .failed(phase: .load, reason: "<it> \"broke\"")
        run.experiments[0].measurements[0].measurement.variant = "a\u{1B}\u{FFFE}"
        run.experiments[2].measurements[0].measurement.steps = []
        run.experiments[4].measurements[1].measurement.steps = []
        let document = try XMLDocument(xmlString: ReportData(StudiedRun(run)).junit)
        #expect(try document.nodes(forXPath: "//testsuite").count == 6)
        for name in ["redis-limit", "policies"] {
            let skipped = try document.nodes(forXPath: "//testsuite[@name='\(name)']//skipped/@message")
            #expect(skipped.map(\.stringValue) == ["the record holds no plateau"])
        }
        let error = try document.nodes(forXPath: "//testsuite[@name='mysql-100']//error/@message")
        #expect(error.first?.stringValue == "load: <it> \"broke\"")
        #expect(try document.nodes(forXPath: "//testsuite[@name='own']//skipped").count == 1)
        #expect(try document.nodes(forXPath: "//testsuite[@name='mysql-limit']//failure").isEmpty)
    }
}

/// Every key that is written stands in the schema, and what the schema requires is written.
func expectForm(of data: ReportData) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../templates/report.schema.json")
    let schema = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
    func check(_ value: Any, _ schema: [String: Any], _ path: String) {
        if let name = (schema["$ref"] as? String)?.split(separator: "/").last {
            return check(value, definitions[String(name)] ?? [:], path)
        }
        if let list = value as? [Any] {
            for item in list { check(item, schema["items"] as? [String: Any] ?? [:], path + "[]") }
        } else if let object = value as? [String: Any] {
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            for key in schema["required"] as? [String] ?? [] { #expect(object[key] != nil, "\(path).\(key)") }
            for (key, value) in object {
                if let inner = properties[key] ?? schema["additionalProperties"] as? [String: Any] {
                    check(value, inner, "\(path).\(key)")
                } else {
                    Issue.record("\(path).\(key) is not in the schema")
                }
            }
        } else if let allowed = schema["enum"] as? [String] {
            #expect(allowed.contains(value as? String ?? ""), "\(path)")
        }
    }
    check(try JSONSerialization.jsonObject(with: JSONEncoder().encode(data)), schema, "")
}
