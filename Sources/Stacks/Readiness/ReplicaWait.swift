package import Model

/// Waits for every replica, not for one of them: a balancer sends requests to all, also to one that does not listen yet.
package struct ReplicaWait: Sendable {
    /// Where each replica listens itself; empty where no network of this machine leads there.
    package var replicas: [HostAndPort]
    /// Where the load comes in.
    package var entrance: HostAndPort
    /// Whether the load reaches the replicas through a balancer.
    package var isBalanced: Bool
    /// Whether an application answers there.
    package var answers: @Sendable (HostAndPort) async -> Bool
    package var clock: any Clock<Duration>

    private static let pause = Duration.milliseconds(50)
    /// A balancer that asks the replicas by turns has then asked each of them, also one that it had left out for a while.
    private static let longEnough = Duration.seconds(6)

    package init(
        replicas: [HostAndPort], entrance: HostAndPort, isBalanced: Bool,
        clock: any Clock<Duration> = ContinuousClock(),
        answers: @escaping @Sendable (HostAndPort) async -> Bool
    ) {
        self.replicas = replicas
        self.entrance = entrance
        self.isBalanced = isBalanced
        self.clock = clock
        self.answers = answers
    }

    /// Returns once each replica has answered. Where none of them is reached although the entrance answers, no network leads
    /// there, and the entrance is asked again and again instead.
    /// - Parameter check: called between the tries; what it throws ends the wait.
    package func untilEachAnswers(_ check: () async throws -> Void) async throws {
        var waiting = replicas
        var reached = false
        while !waiting.isEmpty {
            var silent: [HostAndPort] = []
            for replica in waiting where await !answers(replica) { silent.append(replica) }
            reached = reached || silent.count < waiting.count
            waiting = silent
            if waiting.isEmpty { return }
            if !reached, await answers(entrance), await !anyAnswers { break }
            try await check()
            try await clock.sleep(for: Self.pause)
        }
        guard isBalanced else { return }
        try await untilTheEntranceAnswersInARow(check)
    }

    private var anyAnswers: Bool {
        get async {
            for replica in replicas where await answers(replica) { return true }
            return false
        }
    }

    private func untilTheEntranceAnswersInARow(_ check: () async throws -> Void) async throws {
        var answered = Duration.zero
        while answered < Self.longEnough {
            answered = await answers(entrance) ? answered + Self.pause : .zero
            try await check()
            try await clock.sleep(for: Self.pause)
        }
    }
}
