package import Model
import Synchronization

/// A load that several agents generate, each a part of it, at instants that they have in common. To those who use it, it is
/// one source: seconds are the sums of the agents' seconds.
package final class AgentFleet: LoadSource {
    struct State: Sendable {
        enum Stage: Sendable {
            case idle, running, stopping
            case stopped(GeneratorReport)
        }

        var stage = Stage.idle
        /// Those that are there, in the order of their parts.
        var links: [AgentLink]
        /// Of second 0 of the load, by the monotonic clock here.
        var origin: UInt64 = 0
        var wallOrigin: UnixTime = 0
        /// Of second 0 of the agents, which begin anew when the load is shared out again.
        var dealOrigin: UInt64 = 0
        /// nil while the load is being shared out.
        var seconds: FleetSeconds?
        var output: AsyncStream<SecondSample>.Continuation?
        /// The second of the load that is given out next.
        var next = 0
        var losses: [String: AgentLoss] = [:]
        /// Lost since the load was shared out.
        var isReduced = false
        var failures: [FailureExample] = []
        var signs: [SignKind: String] = [:]
        var reports: [(agent: String, report: GeneratorReport)] = []
        var waiting: [CheckedContinuation<GeneratorReport, Never>] = []
    }

    /// How late a second may be, in nanoseconds.
    private static let lateness: UInt64 = 1_000_000_000
    /// Between looks at that, in nanoseconds.
    private static let look: UInt64 = 50_000_000
    /// Between saying something and its instant, in nanoseconds, beside the longest round trip.
    private static let lead: UInt64 = 10_000_000
    static let startLead: UInt64 = 100_000_000
    static let second: UInt64 = 1_000_000_000
    private static let examplesPerKind = 3

    let load: LoadDefinition
    let machines: [(name: String, machine: AgentMachine)]
    let outgoing: OutgoingLoad
    let all: [AgentLink]
    let state: Mutex<State>

    /// - Parameter links: that have greeted, whose clocks are known, and who have the load.
    init(load: LoadDefinition, outgoing: OutgoingLoad, links: [(link: AgentLink, machine: AgentMachine)]) {
        self.load = load
        self.outgoing = outgoing
        all = links.map(\.link)
        machines = links.map { ($0.link.name, $0.machine) }
        state = Mutex(State(links: all))
        for link in all {
            link.follow(
                part: { [weak self] part in self?.add(part, of: link) },
                lost: { [weak self] cause in self?.lose(link, cause) })
            link.keepInTouch()
        }
    }

    // MARK: The load

    /// Each agent tries the tasks, one after the other: what one reaches another may not.
    package func preflight() async -> [PreflightResult] {
        let links = state.withLock { state -> [AgentLink] in
            switch state.stage {
            case .idle, .running: state.links
            case .stopping, .stopped: []
            }
        }
        var all: [PreflightResult] = []
        for link in links {
            guard case .preflight(var results)? = await link.ask(.preflight, within: preflightPatience) else {
                continue
            }
            for index in results.indices where links.count > 1 {
                results[index].failure?.detail += " (agent \(link.name))"
            }
            all += results
            if results.contains(where: { $0.failure != nil }) || Task.isCancelled { break }
        }
        return all
    }

    var preflightPatience: Duration {
        let tries = (load.tasks + load.setup).reduce(0) { $0 + max(1, $1.bodies.count) }
        return .seconds(10 + load.timeout * Double(2 * tries + 1))
    }

    package func start() -> AsyncStream<SecondSample> {
        let (stream, output) = AsyncStream.makeStream(of: SecondSample.self)
        let begun = state.withLock { state in
            guard case .idle = state.stage else { return false }
            state.stage = .running
            state.output = output
            state.origin = Monotonic.now + Self.startLead + Self.longestTrip(state.links)
            state.wallOrigin = Monotonic.wall + (Double(state.origin) - Double(Monotonic.now)) / 1e9
            begin(&state, at: state.origin)
            // Those that were lost before the load are missing from its beginning.
            for (index, link) in state.links.enumerated() where link.loss != nil { drop(index, &state) }
            return true
        }
        guard begun else {
            output.finish()
            return stream
        }
        Task { [weak self] in await Self.watch { self } }
        return stream
    }

    /// Starts the agents' second 0.
    func begin(_ state: inout State, at origin: UInt64) {
        state.dealOrigin = origin
        state.isReduced = false
        state.seconds = FleetSeconds(
            names: state.links.map(\.name), first: Int((origin - state.origin) / Self.second), tasks: load.tasks.count)
        for link in state.links { link.send(.start(at: link.clock.there(origin))) }
    }

    package var loadBegan: UnixTime { state.withLock { $0.wallOrigin } }

    package func setUsers(_ users: Int, ratePerSecond: Double, thinkingFirst: Bool) {
        tell {
            .setUsers(
                users, perSecond: ratePerSecond.isFinite && ratePerSecond > 0 ? ratePerSecond : nil,
                thinkingFirst: thinkingFirst, at: $0)
        }
    }

    package func setRate(_ perSecond: Double, over seconds: Seconds) {
        tell { .setRate(perSecond, over: seconds, at: $0) }
    }

    /// Says the same to all, with the instant at which it holds by the clock of each.
    private func tell(_ message: (UInt64) -> ToAgent) {
        // Under the lock, so that all agents hear everything in the same order.
        state.withLock { state in
            guard case .running = state.stage else { return }
            let time = max(Monotonic.now + Self.lead + Self.longestTrip(state.links), state.dealOrigin)
            for link in state.links { link.send(message(link.clock.there(time))) }
        }
    }

    static func longestTrip(_ links: [AgentLink]) -> UInt64 {
        min(links.map(\.clock.longest).max() ?? 0, second / 2)
    }

    package func isQuiet() async -> Bool {
        let links = state.withLock { state -> [AgentLink] in
            if case .running = state.stage { state.links } else { [] }
        }
        return await withTaskGroup(of: Bool.self) { group in
            for link in links {
                group.addTask {
                    guard case .quiet(let isQuiet)? = await link.ask(.isQuiet, within: .seconds(10)) else {
                        return true
                    }
                    return isQuiet
                }
            }
            return await group.reduce(true) { $0 && $1 }
        }
    }

    package var failureExamples: [FailureExample] { state.withLock { $0.failures } }

    package var signExamples: [SignKind: String] { state.withLock { $0.signs } }

    package var failure: Problem? {
        let losses = state.withLock { state in
            state.links.allSatisfy { $0.loss != nil } ? state.losses : [:]
        }
        guard !losses.isEmpty else { return nil }
        let list = losses.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value.words))" }.joined(separator: ", ")
        return Problem(.measurement, "every agent was lost: \(list)")
    }

    // MARK: What agents say

    private func add(_ part: AgentPart, of link: AgentLink) {
        let isGood = state.withLock { state in
            guard state.seconds != nil, let index = state.links.firstIndex(where: { $0 === link }) else { return true }
            guard let whole = state.seconds?.add(part.sample, of: index) else { return false }
            for example in part.failures {
                let known = state.failures.count { $0.task == example.task && $0.kind == example.kind }
                if known < Self.examplesPerKind { state.failures.append(example) }
            }
            state.signs.merge(part.signs) { first, _ in first }
            give(whole, &state)
            return true
        }
        if !isGood { link.lose(.garbled) }
    }

    /// Gives seconds out. Of those in which the load was shared out anew nobody has said anything: nothing was sent in them.
    func give(_ whole: [SecondSample], _ state: inout State) {
        for sample in whole {
            while state.next < sample.second {
                state.output?.yield(
                    SecondSample(second: state.next, users: 0, inFlight: 0, tasks: load.tasks.map { _ in TaskSecond() })
                )
                state.next += 1
            }
            state.output?.yield(sample)
            state.next = sample.second + 1
        }
    }

    private func lose(_ link: AgentLink, _ cause: AgentLoss.Cause) {
        state.withLock { state in
            guard let index = state.links.firstIndex(where: { $0 === link }) else { return }
            if case .stopped = state.stage { return }
            state.losses[link.name] = AgentLoss(cause: cause, second: state.next)
            drop(index, &state)
        }
    }

    private func drop(_ index: Int, _ state: inout State) {
        state.isReduced = true
        guard let whole = state.seconds?.lose(index) else { return }
        give(whole, &state)
    }

    /// Looks for seconds that are late.
    private static func watch(_ fleet: () -> AgentFleet?) async {
        var looked = Monotonic.now
        var blindUntil: UInt64 = 0
        while !Task.isCancelled {
            await Monotonic.sleep(until: Monotonic.now + look)
            guard let fleet = fleet() else { return }
            let now = Monotonic.now
            // A machine that let this program stand still has not read yet what agents have sent.
            if now > looked + 4 * look { blindUntil = now + lateness }
            looked = now
            let late = fleet.state.withLock { state -> [AgentLink]? in
                guard case .running = state.stage else { return nil }
                guard let missing = state.seconds?.missing else { return [] }
                let end = state.dealOrigin + UInt64(missing.second + 1) * second
                return now > max(end + lateness, blindUntil) ? missing.agents.map { state.links[$0] } : []
            }
            guard let late else { return }
            for link in late { link.lose(.silent) }
        }
    }

    /// Asks all at once.
    /// - Returns: what those said who answered in time, in their order.
    func asked(
        _ links: [AgentLink], _ question: ToAgent, within limit: Duration
    ) async -> [(AgentLink, FromAgent)] {
        await withTaskGroup(of: (Int, FromAgent?).self) { group in
            for (index, link) in links.enumerated() {
                group.addTask { (index, await link.ask(question, within: limit)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }
                .compactMap { index, answer in answer.map { (links[index], $0) } }
        }
    }

    var stopPatience: Duration { .seconds(load.timeout + 10) }

    deinit {
        let links = all
        Task { for link in links { await link.close() } }
    }
}

extension AgentLoss {
    /// How, for a person.
    package var words: String {
        switch cause {
        case .ended: "its connection ended in second \(second)"
        case .silent: "nothing came of second \(second) in time"
        case .garbled: "what it sent in second \(second) could not be read"
        }
    }
}
