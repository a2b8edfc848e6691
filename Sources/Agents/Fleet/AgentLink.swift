import Model
import Synchronization

/// The orchestrator's end of the channel to one agent: questions and their answers, the clock, and the loss.
final class AgentLink: Sendable {
    private struct Question: Sendable {
        var number: Int
        var answer: CheckedContinuation<FromAgent?, Never>
    }

    private struct State: Sendable {
        var questions: [Question] = []
        var asked = 0
        /// What came when nothing was asked: the greeting may be there first.
        var early: [FromAgent] = []
        var clock = ClockEstimate()
        /// When each ping without an answer was sent.
        var pings: [Int: UInt64] = [:]
        var pinged = 0
        var loss: AgentLoss.Cause?
        var isClosed = false
        var part: (@Sendable (AgentPart) -> Void)?
        var lost: (@Sendable (AgentLoss.Cause) -> Void)?
        var heartbeat: Task<Void, Never>?
    }

    /// Between pings while nothing else is said.
    private static let pulse = Duration.seconds(1)
    /// How long an agent may take to end by itself.
    private static let farewell = Duration.seconds(2)

    let name: String
    private let connection: AgentConnection
    private let state = Mutex(State())

    init(name: String, connection: AgentConnection) {
        self.name = name
        self.connection = connection
        connection.channel.listen { [self] event in hear(event) }
    }

    var clock: ClockEstimate { state.withLock { $0.clock } }
    var loss: AgentLoss.Cause? { state.withLock { $0.loss } }
    func complaint() async -> String { await connection.complaint() }

    /// - Parameters:
    ///   - part: takes the seconds of the agent as they come.
    ///   - lost: called once, when the agent is lost.
    func follow(
        part: @escaping @Sendable (AgentPart) -> Void, lost: @escaping @Sendable (AgentLoss.Cause) -> Void
    ) {
        let before = state.withLock { state in
            (state.part, state.lost) = (part, lost)
            return state.loss
        }
        if let before { lost(before) }
    }

    func send(_ message: ToAgent) {
        guard let bytes = try? AgentCoding.bytes(of: message) else { return }
        connection.channel.send(bytes)
    }

    /// - Parameters:
    ///   - message: nil for the greeting, which comes without being asked for.
    ///   - limit: an agent that takes longer is lost.
    /// - Returns: nil of an agent that is lost.
    func ask(_ message: ToAgent?, within limit: Duration) async -> FromAgent? {
        let number = state.withLock { state in
            state.asked += 1
            return state.asked
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            if state.withLock({ $0.questions.contains { $0.number == number } }) { lose(.silent) }
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            enum Turn { case wait, over(FromAgent?) }
            let turn = state.withLock { state -> Turn in
                if state.loss != nil || state.isClosed { return .over(nil) }
                if !state.early.isEmpty { return .over(state.early.removeFirst()) }
                state.questions.append(Question(number: number, answer: continuation))
                // Under the lock, so that questions stand in the order in which they are asked.
                if let message { send(message) }
                return .wait
            }
            if case .over(let answer) = turn { continuation.resume(returning: answer) }
        }
    }

    /// Compares the clocks by so many round trips, one after the other.
    func compareClocks(trips: Int = ClockEstimate.trips, within limit: Duration = .seconds(10)) async {
        let end = ContinuousClock.now + limit
        while clock.count < trips, loss == nil, ContinuousClock.now < end, !Task.isCancelled {
            if state.withLock({ $0.pings.isEmpty }) { ping() }
            try? await Task.sleep(for: .microseconds(200))
        }
    }

    /// Pings now and then, so that the agent hears that somebody is there and the clocks stay compared.
    func keepInTouch() {
        let heartbeat = Task { [self] in
            while !Task.isCancelled, loss == nil {
                ping()
                try? await Task.sleep(for: Self.pulse)
            }
        }
        state.withLock { $0.heartbeat = heartbeat }
    }

    private func ping() {
        let number = state.withLock { state in
            state.pinged += 1
            state.pings = state.pings.filter { $0.key > state.pinged - ClockEstimate.trips }
            state.pings[state.pinged] = Monotonic.now
            return state.pinged
        }
        send(.ping(number))
    }

    private func hear(_ event: FrameEvent) {
        switch event {
        case .ended(let fault): lose(fault == nil || fault == .truncated ? .ended : .garbled)
        case .frame(let bytes, let time):
            guard let message = try? AgentCoding.read(FromAgent.self, bytes) else { return lose(.garbled) }
            switch message {
            case .pong(let number, let peer):
                state.withLock { state in
                    guard let sent = state.pings.removeValue(forKey: number) else { return }
                    state.clock.add(sent: sent, peer: peer, received: time)
                }
            case .second(let part):
                let take = state.withLock { $0.loss == nil ? $0.part : nil }
                take?(part)
            default:
                let question = state.withLock { state -> Question? in
                    guard state.loss == nil else { return nil }
                    guard !state.questions.isEmpty else {
                        state.early.append(message)
                        return nil
                    }
                    return state.questions.removeFirst()
                }
                question?.answer.resume(returning: message)
            }
        }
    }

    /// From now on nothing of the agent counts. It is ended as far as this machine reaches.
    func lose(_ cause: AgentLoss.Cause) {
        let (questions, lost) = state.withLock { state in
            guard state.loss == nil, !state.isClosed else {
                return ([Question](), nil as (@Sendable (AgentLoss.Cause) -> Void)?)
            }
            state.loss = cause
            defer { state.questions = [] }
            return (state.questions, state.lost)
        }
        for question in questions { question.answer.resume(returning: nil) }
        guard loss != nil else { return }
        state.withLock { $0.heartbeat }?.cancel()
        connection.channel.close()
        connection.kill()
        lost?(cause)
    }

    /// Says goodbye; the agent ends by itself, or is ended.
    func close() async {
        let wasOpen = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed && state.loss == nil
        }
        guard wasOpen else { return }
        state.withLock { $0.heartbeat }?.cancel()
        connection.channel.close()
        let kill = connection.kill
        Task {
            try? await Task.sleep(for: Self.farewell)
            kill()
        }
    }
}
