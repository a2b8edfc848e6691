import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// The reference in `experiments/README.md` says what the schema says.
@Suite(.timed) struct ReferenceTests {
    private static let begin = "<!-- Made of templates/experiment.schema.json; do not edit. -->\n"
    private static let end = "<!-- End of the reference. -->\n"

    /// Both are read once for all tests.
    private static let shared = Result {
        let text = try Data(contentsOf: checkout.appending(path: "templates/experiment.schema.json"))
        return (
            reference: try Reference(schema: text), schema: try JSONDecoder().decode(SchemaValue.self, from: text)
        )
    }
    private let reference: Reference
    private let schema: SchemaValue

    init() throws { (reference, schema) = try Self.shared.get() }

    @Test func everyMappingIsInIt() {
        #expect(Reference.mappings.map(\.name).sorted() == DefinitionKeys.all.keys.sorted())
    }

    /// Written again with `STORELAB_RECORD=1 ./storelab test --filter ReferenceTests`.
    @Test func theDocumentSaysWhatTheSchemaSays() throws {
        let file = checkout.appending(path: "experiments/README.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.range(of: Self.begin)).upperBound
        let end = try #require(text.range(of: Self.end)).lowerBound
        let expected = "\n" + reference.text + "\n"
        if ProcessInfo.processInfo.environment["STORELAB_RECORD"] != nil {
            try (text[..<start] + expected + text[end...]).write(to: file, atomically: true, encoding: .utf8)
            return
        }
        #expect(String(text[start..<end]) == expected)
    }

    @Test(arguments: DefinitionKeys.all.keys.sorted()) func everyKeyIsDescribedWithAnExample(name: String) throws {
        let definition = try #require(name == "experiment" ? schema : schema["$defs"]?[name])
        for key in DefinitionKeys.all[name] ?? [] {
            let property = try #require(definition["properties"]?[key], "\(name).\(key)")
            #expect(reference.value("description", of: property)?.text?.isEmpty == false, "\(name).\(key)")
            let examples = reference.value("examples", of: property)?.elements ?? []
            let isShown =
                !examples.isEmpty || reference.value("enum", of: property) != nil
                || reference.value("default", of: property) != nil
            #expect(isShown, "\(name).\(key)")
        }
    }

    /// Defaults that the schema names are those that the decoder takes.
    @Test func defaultsAreTheDecoders() throws {
        let text = """
            name: defaults
            title: t
            stack: { backend: redis }
            load: { tasks: [{ name: a, get: / }], think_time: 1s, find_limit: { from: 1, to: 9, hold: 10s, precision: 10% } }
            """
        let experiment = try experiment(in: text, asFile: "experiments/defaults.yaml")
        let written = """
            name: defaults
            title: t
            stack: { backend: redis, replicas: 1, balancer: none, dataset: course }
            load:
              tasks: [{ name: a, weight: 1, get: /, once: false, headers: {}, take: {}, forget: [], expect: { status: 200, error_keys: fail, has: [], headers: {}, equals: {} } }]
              think_time: 1s
              find_limit: { from: 1, to: 9, hold: 10s, precision: 10%, factor: 2 }
              connections: keep
              timeout: 5s
              seed: 42
            limits: ["error_rate > 1% for 5s", "p95 > 500ms for 5s"]
            observe: {}
            compare: []
            """
        #expect(try Experiments.experiment(in: written, asFile: "experiments/defaults.yaml") == experiment)
    }
}
