import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// The schema, which editors read, and the decoder must agree.
@Suite(.timed) struct SchemaTests {
    private let schema: [String: Any]
    private let definitions: [String: [String: Any]]

    init() throws {
        let data = try Data(contentsOf: checkout.appending(path: "templates/experiment.schema.json"))
        schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        definitions = try #require(schema["$defs"] as? [String: [String: Any]])
    }

    private func properties(_ definition: [String: Any]) -> [String: [String: Any]]? {
        definition["properties"] as? [String: [String: Any]]
    }

    @Test(arguments: DefinitionKeys.all.keys.sorted())
    func keysAreTheDecoders(name: String) throws {
        let definition = try #require(name == "experiment" ? schema : definitions[name])
        let properties = try #require(self.properties(definition))
        #expect(properties.keys.sorted() == DefinitionKeys.all[name]?.sorted())
        #expect(definition["additionalProperties"] as? Bool == false)
    }

    @Test func everyMappingOfTheSchemaIsTheDecoders() {
        let mappings = definitions.filter { $0.value["properties"] != nil }.keys
        #expect(Set(mappings).union(["experiment"]) == Set(DefinitionKeys.all.keys))
    }

    @Test func namesOfChoicesAreTheModels() throws {
        #expect(definitions["backend"]?["enum"] as? [String] == ReportReads.allCases.map(\.rawValue))
        #expect(definitions["balancer"]?["enum"] as? [String] == Balancer.allCases.map(\.rawValue))
        let expect = try #require(definitions["expect"].flatMap(properties))
        #expect(expect["is"]?["enum"] as? [String] == Check.JSONKind.allCases.map(\.rawValue))
        let limits = try #require(properties(schema)?["limits"]?["items"] as? [String: Any])
        let pattern = try #require(limits["pattern"] as? String)
        for metric in CriterionMetric.allCases { #expect(pattern.contains(metric.rawValue)) }
    }
}
