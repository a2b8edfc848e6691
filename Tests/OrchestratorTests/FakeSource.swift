import Model
import Synchronization

/// A pretended generator with a pretended application: a second passes whenever a sample is asked for. The application
/// answers in 10 ms up to its capacity, and fails above it.
final class FakeSource: LoadSource {
    struct State {
        var users = 0
        var second = 0
        var isStopped = false
        var isOver = false
        /// Every number of users that was asked for.
        var asked: [Int] = []
        var rates: [Double] = []
        /// Looks at whether it is quiet since the users left.
        var looks = 0
        var stops = 0
        var preflights = 0
        /// Agents that are lost, until the load is shared out anew.
        var lost: [String] = []
        var regroupings = 0
    }

    /// Loses one of its pretended agents.
    func lose(_ agent: String) { current.withLock { $0.lost = [agent] } }

    func regroup() async -> Bool {
        current.withLock { state in
            if !state.lost.isEmpty { state.regroupings += 1 }
            state.lost = []
            return canRegroup
        }
    }

    var failure: Problem? { canRegroup ? nil : Problem(.measurement, "every agent was lost") }

    private let tasks: [LoadTask]
    private let capacity: Int
    private let looksUntilQuiet: Int
    private let canRegroup: Bool
    private let answers: @Sendable (_ preflight: Int) -> Bool
    private let latency: @Sendable (_ preflight: Int) -> Seconds
    private let happens: @Sendable (_ second: Int) -> Void
    private let waits: @Sendable (_ second: Int) async -> Void
    private let current = Mutex(State())

    var state: State { current.withLock { $0 } }

    /// - Parameters:
    ///   - looksUntilQuiet: at how many looks after its users have left requests are still under way.
    ///   - answers: whether the application answers the try of this number, from 1.
    ///   - latency: of that try's answers.
    ///   - happens: called as each second begins.
    ///   - waits: called before that; the second begins when it returns.
    init(
        _ load: LoadDefinition, capacity: Int = .max, looksUntilQuiet: Int = 0, canRegroup: Bool = true,
        answers: @escaping @Sendable (_ preflight: Int) -> Bool = { _ in true },
        latency: @escaping @Sendable (_ preflight: Int) -> Seconds = { _ in 0.01 },
        happens: @escaping @Sendable (_ second: Int) -> Void = { _ in },
        waits: @escaping @Sendable (_ second: Int) async -> Void = { _ in }
    ) {
        tasks = load.tasks
        self.capacity = capacity
        self.looksUntilQuiet = looksUntilQuiet
        self.canRegroup = canRegroup
        self.answers = answers
        self.latency = latency
        self.happens = happens
        self.waits = waits
    }

    func preflight() async -> [PreflightResult] {
        let number = current.withLock { state in
            state.preflights += 1
            return state.preflights
        }
        let works = answers(number)
        return tasks.map { task in
            let failure = FailureExample(
                task: task.name, kind: .timeout, time: 0, latency: 5, detail: "no answer", request: "", response: "")
            return PreflightResult(task: task.name, failure: works ? nil : failure, latency: latency(number))
        }
    }

    func start() -> AsyncStream<SecondSample> {
        AsyncStream {
            await self.waits(self.state.second)
            return self.next()
        }
    }

    /// After it was stopped comes the part of a second before the end.
    private func next() -> SecondSample? {
        happens(current.withLock { $0.second })
        return current.withLock { state in
            guard !state.isOver else { return nil }
            state.isOver = state.isStopped
            defer { state.second += 1 }
            let requests = Distribution(ascending: [.init(microseconds: 10_000, count: max(state.users, 1))])
            let task =
                state.users <= capacity
                ? TaskSecond(started: state.users, succeeded: requests)
                : TaskSecond(started: state.users, failed: requests, failures: [.timeout: requests.count])
            let underWay = state.users == 0 && state.looks < looksUntilQuiet ? 1 : 0
            var sample = SecondSample(
                second: state.second, users: state.users, inFlight: underWay,
                tasks: Array(repeating: task, count: tasks.count))
            if !state.lost.isEmpty {
                sample.generator = GeneratorSecond(
                    loops: [], due: 0, sent: 0, waiting: 0, lag: Distribution(), connections: 0)
                sample.generator?.lost = state.lost
            }
            return sample
        }
    }

    var loadBegan: UnixTime { 1000 }
    var failureExamples: [FailureExample] { [] }

    func setUsers(_ users: Int, ratePerSecond: Double, thinkingFirst: Bool) {
        current.withLock { state in
            state.users = users
            state.asked.append(users)
            state.looks = 0
        }
    }

    /// As many requests a second as users.
    func setRate(_ perSecond: Double, over seconds: Seconds) {
        current.withLock { state in
            state.rates.append(perSecond)
            state.users = Int(perSecond)
        }
    }

    func isQuiet() async -> Bool {
        current.withLock { state in
            defer { state.looks += 1 }
            return state.users == 0 && state.looks >= looksUntilQuiet
        }
    }

    func stop() async -> GeneratorReport {
        current.withLock { state in
            state.isStopped = true
            state.stops += 1
            return GeneratorReport(
                threads: 1, cpuSeconds: 0, seconds: Double(state.second), peakThreadCPU: 0, lag: Distribution())
        }
    }
}
