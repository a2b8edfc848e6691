import LoadGenerator
package import Model

/// Users of an application in virtual time. They think, ask, wait for the answer at most as long as the load's timeout, and
/// think again.
package struct SimulatedLoad {
    package private(set) var application: any SimulatedApplication
    private let load: LoadDefinition
    private var random: RandomSource
    private var events = EventQueue<Event>()
    private var recorder = SecondRecorder(tasks: 1)
    private var users: [User] = []
    /// Users that are to stay, in the order in which they came.
    private var present: [Int] = []
    private var requests: [Request] = []
    private var now: Seconds = 0

    private enum Event {
        /// A user ends its thought, unless it has gone.
        case ask(user: Int)
        /// A request ends, unless it has ended before.
        case end(request: Int, failure: FailureKind?)
    }

    private struct User {
        var isPresent = true
        var isWaiting = false
    }

    private struct Request {
        var user: Int
        var due: Seconds
        var hasEnded = false
    }

    package init(_ application: any SimulatedApplication, load: LoadDefinition) {
        self.application = application
        self.load = load
        random = RandomSource(state: load.seed)
    }

    /// At once. Users that leave finish their request first.
    package mutating func setUsers(_ count: Int, thinkingFirst: Bool) {
        while present.count > max(0, count) { users[present.removeLast()].isPresent = false }
        while present.count < count {
            present.append(users.count)
            let pause = thinkingFirst ? load.thinkTime.drawRemainder(&random) : 0
            events.add(.ask(user: users.count), at: now + pause)
            users.append(User())
        }
    }

    /// In the middle of the newest second.
    package var machineSpeed: Double? { application.machineSpeed(at: now - 0.5) }

    /// The application is restarted with its first data, for a step of that many users.
    package mutating func restart(for users: Int) { application.restart(at: now, for: users) }

    /// - Returns: what became of it all in the next second.
    package mutating func nextSecond() -> SecondSample {
        let end = now.rounded(.down) + 1
        while true {
            let (event, answer) = (events.nextTime, application.nextEnd)
            guard min(event, answer) < end else { break }
            now = max(now, min(event, answer))
            if answer <= event {
                finish(application.end(), nil)
            } else if let event = events.removeFirst() {
                switch event {
                case .ask(let user): ask(user)
                case .end(let request, let failure): finish(request, failure)
                }
            }
        }
        now = end
        return recorder.close(users: present.count, loop: nil, connections: present.count)
    }

    private mutating func ask(_ user: Int) {
        guard users[user].isPresent else { return }
        users[user].isWaiting = true
        let request = requests.count
        requests.append(Request(user: user, due: now))
        recorder.fallDue()
        recorder.start(task: 0, due: UInt64(now * 1e9), lag: 0)
        let latest = now + load.timeout
        guard let answer = application.accept(request, at: now) else {
            return events.add(.end(request: request, failure: .timeout), at: latest)
        }
        let isLate = answer.time > latest
        events.add(
            .end(request: request, failure: isLate ? .timeout : answer.failure), at: isLate ? latest : answer.time)
    }

    private mutating func finish(_ number: Int, _ failure: FailureKind?) {
        let request = requests[number]
        guard !request.hasEnded else { return }
        requests[number].hasEnded = true
        let due = UInt64(request.due * 1e9)
        let latency = UInt64(now * 1e9) - due
        if let failure {
            recorder.fail(task: 0, kind: failure, due: due, latency: latency)
        } else {
            recorder.succeed(task: 0, due: due, latency: latency, firstByte: latency)
        }
        users[request.user].isWaiting = false
        events.add(.ask(user: request.user), at: now + load.thinkTime.draw(&random))
    }
}
