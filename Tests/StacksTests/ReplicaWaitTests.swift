import Model
import Stacks
import Synchronization
import TestSupport
import Testing

/// Waits for replicas that are not there.
@Suite(.timed) struct ReplicaWaitTests {
    private static let entrance = HostAndPort(host: "127.0.0.1", port: 80)
    private static let replicas = (1...3).map { HostAndPort(host: "10.0.0.\($0)", port: 5000) }

    /// Which answers after how many questions to it; what is not named never does.
    private final class Answers: Sendable {
        private let after: [String: Int]
        private let asked = Mutex<[String: Int]>([:])

        init(_ after: [String: Int]) { self.after = after }

        var questions: [String: Int] { asked.withLock { $0 } }

        func ask(_ place: HostAndPort) -> Bool {
            let count = asked.withLock { asked in
                asked[place.host, default: 0] += 1
                return asked[place.host] ?? 0
            }
            return after[place.host].map { count > $0 } ?? false
        }
    }

    private struct GivenUp: Error {}

    private func wait(_ answers: Answers, tries: Int = 200) async throws {
        let wait = ReplicaWait(
            replicas: Self.replicas, entrance: Self.entrance, isBalanced: true, clock: Immediate()
        ) { answers.ask($0) }
        var left = tries
        try await wait.untilEachAnswers {
            left -= 1
            if left == 0 { throw GivenUp() }
        }
    }

    @Test func everyReplicaIsAwaited() async throws {
        // The entrance answers long before the last replica.
        let answers = Answers(["127.0.0.1": 0, "10.0.0.1": 0, "10.0.0.2": 30, "10.0.0.3": 5])
        try await wait(answers)
        #expect(answers.questions["10.0.0.2"] == 31)
        // Who has answered is left in peace.
        #expect(answers.questions["10.0.0.1"] == 1 && answers.questions["10.0.0.3"] == 6)
    }

    @Test func aReplicaThatNeverAnswersIsWaitedForUntilItIsGivenUp() async {
        let answers = Answers(["127.0.0.1": 0, "10.0.0.1": 0, "10.0.0.3": 0])
        await #expect(throws: GivenUp.self) { try await wait(answers) }
    }

    @Test func withoutANetworkToThemTheEntranceIsAskedInARow() async throws {
        let answers = Answers(["127.0.0.1": 10])
        try await wait(answers)
        // Longer than Nginx leaves out a replica that it could not reach.
        #expect(try #require(answers.questions["127.0.0.1"]) >= 120)
    }
}

/// A clock on which nobody waits.
private struct Immediate: Clock {
    typealias Instant = ContinuousClock.Instant
    var now: Instant { .now }
    var minimumResolution: Duration { .nanoseconds(1) }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws { try Task.checkCancellation() }
}
