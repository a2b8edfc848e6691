package import Model

/// Replicas that take turns, each with a queue of its own.
package struct Replicas: SimulatedApplication {
    private var replicas: [QueueApplication]
    private var turn = 0

    /// - Parameter rates: of each replica, in requests per second.
    package init(rates: [Double], seed: UInt64) {
        replicas = rates.enumerated().map { index, rate in
            QueueApplication(seed: seed &+ UInt64(index) &* 7919) { $0.rate = rate }
        }
    }

    package mutating func accept(_ request: Int, at time: Seconds) -> SimulatedAnswer? {
        turn = (turn + 1) % replicas.count
        return replicas[turn].accept(request, at: time)
    }

    package mutating func restart(at time: Seconds, for users: Int) {
        for index in replicas.indices { replicas[index].restart(at: time, for: users) }
    }
}

/// Answers at once, with success or not as the number of users says.
package struct Arbitrary: SimulatedApplication {
    private let fails: @Sendable (_ users: Int) -> Bool
    private var users = 0

    package init(fails: @escaping @Sendable (_ users: Int) -> Bool) { self.fails = fails }

    package mutating func accept(_ request: Int, at time: Seconds) -> SimulatedAnswer? {
        SimulatedAnswer(at: time + 0.01, failure: fails(users) ? .status(500) : nil)
    }

    package mutating func restart(at time: Seconds, for users: Int) { self.users = users }
}

/// A queue that dies of too many requests, and stays dead.
package struct Mortal: SimulatedApplication {
    private var queue: QueueApplication
    private let deadly: Int
    private var present = EventQueue<Void>()
    package private(set) var isDead = false

    /// - Parameter deadly: requests in the application that kill it.
    package init(deadly: Int, seed: UInt64) {
        self.deadly = deadly
        queue = QueueApplication(seed: seed)
    }

    package mutating func accept(_ request: Int, at time: Seconds) -> SimulatedAnswer? {
        while present.nextTime <= time { present.removeFirst() }
        if present.count >= deadly { isDead = true }
        guard !isDead, let answer = queue.accept(request, at: time) else {
            return SimulatedAnswer(at: time + 0.001, failure: .refused)
        }
        present.add((), at: answer.time)
        return answer
    }

    package mutating func restart(at time: Seconds, for users: Int) {
        present.removeAll()
        queue.restart(at: time, for: users)
    }
}

/// A queue whose rate changes from one restart to the next, as where a machine gets slower during a search.
package struct Moving: SimulatedApplication {
    private var queue: QueueApplication
    private let change: Double

    /// - Parameter change: of the rate, from restart to restart, as a factor.
    package init(change: Double, seed: UInt64) {
        self.change = change
        queue = QueueApplication(seed: seed)
    }

    package mutating func accept(_ request: Int, at time: Seconds) -> SimulatedAnswer? {
        queue.accept(request, at: time)
    }

    package mutating func restart(at time: Seconds, for users: Int) {
        queue.rate *= change
        queue.restart(at: time, for: users)
    }
}
