import LoadGenerator
import Model
import NIOCore
import TestSupport
import Testing

@Suite(.timed, .timeLimit(.minutes(5))) struct AnswerSignTests {
    private static let refused = "{\"error\": \"(1040, 'Too many connections')\"}"

    private var load: LoadDefinition {
        LoadDefinition(
            tasks: [LoadTask(name: "report", weight: 1, method: .get, path: "/report", expect: .init(status: 200))],
            thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]), timeout: 5)
    }

    /// - Returns: all seconds, and an example of each sign.
    private func measure(
        _ behaviour: TestServer.Behaviour, requests: Int
    ) async throws -> (samples: [SecondSample], examples: [SignKind: String]) {
        try await TestServer.with(behaviour) { server, port in
            let generator = try LoadGenerator(endpoint: Endpoint(host: "127.0.0.1", port: port), load: load)
            let samples = generator.start()
            generator.setUsers(4, ratePerSecond: .infinity, thinkingFirst: false)
            await server.requests(requests)
            _ = await generator.stop()
            var all: [SecondSample] = []
            for await sample in samples { all.append(sample) }
            return (all, generator.signExamples)
        }
    }

    @Test func failedAnswersAreLookedAtAndCounted() async throws {
        let answer = TestServer.json(Self.refused, status: "500 Internal Server Error")
        let (samples, examples) = try await measure(.answer(answer), requests: 50)
        let failures = samples.flatMap(\.tasks).reduce(0) { $0 + $1.failed.count }
        let looked = samples.reduce(0) { $0 + ($1.signs?.looked ?? 0) }
        #expect(looked > 0 && looked <= failures)
        #expect(samples.reduce(0) { $0 + ($1.signs?.counts[.mysqlTooManyConnections] ?? 0) } == looked)
        #expect(examples[.mysqlTooManyConnections] == Self.refused)
    }

    @Test func anAnswerInPiecesIsLookedAtToo() async throws {
        let answer = TestServer.json(
            String(repeating: " ", count: 1500) + Self.refused, status: "500 Internal Server Error")
        let (samples, _) = try await measure(.slow(answer), requests: 5)
        #expect(samples.contains { ($0.signs?.counts[.mysqlTooManyConnections] ?? 0) > 0 })
    }

    @Test func goodAnswersAreNotLookedAt() async throws {
        let (samples, examples) = try await measure(.answer(TestServer.json("[\"EMFILE\"]")), requests: 50)
        #expect(samples.allSatisfy { $0.signs == nil } && examples.isEmpty)
    }

    @Test func ofManyFailuresOfASecondTheFirstAreLookedAt() {
        var recorder = SecondRecorder(tasks: 1)
        for _ in 0..<SecondRecorder.mostLooks { recorder.look(found: [.openFiles]) }
        #expect(!recorder.mayLook)
        let second = recorder.close(users: 1, loop: nil, connections: 1)
        #expect(second.signs == AnswerSigns(looked: 1000, counts: [.openFiles: 1000]))
        #expect(recorder.mayLook && recorder.close(users: 1, loop: nil, connections: 1).signs == nil)
    }

    @Test func theLoopsPartsAddUp() {
        var merger = SampleMerger(loops: 2)
        func part(_ signs: AnswerSigns?) -> SecondSample {
            SecondSample(second: 0, users: 1, inFlight: 0, tasks: [], signs: signs)
        }
        #expect(merger.add(part(AnswerSigns(looked: 2, counts: [.memory: 1])), of: 0).isEmpty)
        let whole = merger.add(part(AnswerSigns(looked: 3, counts: [.memory: 2, .openFiles: 1])), of: 1)
        #expect(whole.first?.signs == AnswerSigns(looked: 5, counts: [.memory: 3, .openFiles: 1]))
    }
}
