import Experiments
import Foundation
import Model
import Results
import TestSupport
import Testing

/// `text:` and `${env(NAME)}`.
@Suite(.timed) struct EnvironmentTests {
    private func experiment(_ task: String) throws -> Experiment {
        try Experiments.experiment(
            in: """
                name: a
                title: t
                stack: { url: "http://127.0.0.1:1" }
                load: { tasks: [\(task)], think_time: 1s, ramp: [{ users: 1, spawn_rate: 1/s, hold: 10s }] }
                """, asFile: "experiments/a.yaml")
    }

    @Test func aTextIsABody() throws {
        let task = try experiment("{ name: a, post: /, text: \"{\\\"a\\\": ${uuid}, $$$5}\\r\\n\\n\" }").load.tasks[0]
        #expect(task.bodies == [BodyTemplate(share: 1, pieces: [.text("{\"a\": "), .uuid, .text(", $$5}\r\n\n")])])
        #expect(task.headers == [])
        #expect(throws: DefinitionFaults.self) { try experiment("{ name: a, get: /, text: a }") }
        #expect(throws: DefinitionFaults.self) { try experiment("{ name: a, post: /, text: a, form: { b: c } }") }
        #expect(throws: DefinitionFaults.self) { try experiment("{ name: a, post: /, text: [a] }") }
    }

    /// Every machine has PATH.
    @Test func aVariableIsReadAndNotRecorded() throws {
        let path = try #require(ProcessInfo.processInfo.environment["PATH"])
        let experiment = try experiment("{ name: a, get: \"/x?y=${env(PATH)}\", headers: { X-A: \"${env(PATH)}\" } }")
        let task = experiment.load.tasks[0]
        try EnvironmentVariable.check([task])
        guard case .column(let column) = task.pathPieces.last else { throw Problem(.usage, "no value") }
        #expect(column.values == [path] && column.name == "PATH")
        let recorded = Redaction().experiment(experiment)
        let text = String(decoding: try JSONEncoder().encode(recorded), as: UTF8.self).replacing("\\/", with: "/")
        #expect(!text.contains(path) && text.contains("***"))
    }

    @Test func aVariableMayBeSetLater() throws {
        let task = try experiment("{ name: a, get: \"/${env(STORELAB_NEVER_SET)}\" }").load.tasks[0]
        #expect { try EnvironmentVariable.check([task]) } throws: {
            ($0 as? Problem)?.message.hasSuffix("are not set: STORELAB_NEVER_SET") == true
        }
        #expect(throws: DefinitionFaults.self) { try experiment("{ name: a, get: \"/${env(A-B)}\" }") }
        #expect(throws: DefinitionFaults.self) { try experiment("{ name: a, get: \"/${env()}\" }") }
    }
}
