import LoadGenerator
import Model
import TestSupport
import Testing

@Suite(.timed, .timeLimit(.minutes(5))) struct ThinkingFirstTests {
    private static let laws = [
        ThinkTime(minimum: 1, maximum: 3), ThinkTime(minimum: 0, maximum: 4), ThinkTime(minimum: 2, maximum: 2),
        ThinkTime(exponentialWithMean: 2),
    ]

    /// Without answers to wait for, N users who think Z on average ask N/Z times a second, from the first second on.
    @Test(arguments: laws)
    func usersInTheMiddleOfAThoughtAskEvenlyFromTheBeginning(law: ThinkTime) {
        let users = 20_000
        var seconds = Array(repeating: 0, count: 8)
        for user in 0..<users {
            var random = RandomSource(seed: 1, ordinal: user)
            var time = law.drawRemainder(&random)
            while time < 8 {
                seconds[Int(time)] += 1
                time += law.draw(&random)
            }
        }
        for count in seconds { #expect(abs(Double(count) * law.mean / Double(users) - 1) < 0.05) }
    }

    private func load(think: ThinkTime) -> LoadDefinition {
        LoadDefinition(
            tasks: [LoadTask(name: "read", weight: 1, method: .get, path: "/", expect: .init())], thinkTime: think,
            shape: .ramp([]))
    }

    @Test(arguments: [false, true])
    func usersBeginWithARequestOrInTheMiddleOfAThought(thinkingFirst: Bool) async throws {
        try await TestServer.with(.answer(TestServer.json("{}"))) { server, port in
            let long = ThinkTime(minimum: 10_000, maximum: 10_000)
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load(think: long))
            #expect(await generator.isQuiet())
            let samples = generator.start()
            generator.setUsers(50, ratePerSecond: .infinity, thinkingFirst: thinkingFirst)
            var first: SecondSample?
            for await sample in samples where first == nil {
                first = sample
                #expect(await !generator.isQuiet())
                generator.setUsers(0, ratePerSecond: .infinity)
                while await !generator.isQuiet() {}
                _ = await generator.stop()
            }
            #expect(first?.users == 50)
            // In one second of 10,000 a user of 50 seldom ends its thought.
            if thinkingFirst { #expect(server.seen.count < 5) } else { #expect(server.seen.count == 50) }
            #expect(await generator.isQuiet())
        }
    }

    @Test func withoutThinkTimeTheyBeginAtOnce() async throws {
        try await TestServer.with(.silence) { server, port in
            let none = ThinkTime(minimum: 0, maximum: 0)
            let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load(think: none))
            _ = generator.start()
            generator.setUsers(7, ratePerSecond: .infinity, thinkingFirst: true)
            await server.requests(7)
            #expect(server.seen.count == 7)
            _ = await generator.stop()
        }
    }
}
