package import Model
import Synchronization

/// A simulated application as the source of a load's samples. Its seconds pass as fast as they are asked for.
package final class SimulatedSource: LoadSource {
    private struct State {
        var load: SimulatedLoad
        var isStopped = false
        var inFlight = 0
        var users = 0
    }

    private let state: Mutex<State>
    private let tasks: [LoadTask]

    package init(_ application: any SimulatedApplication, load: LoadDefinition) {
        tasks = load.tasks
        state = Mutex(State(load: SimulatedLoad(application, load: load)))
    }

    package var loadBegan: UnixTime { 0 }
    package var failureExamples: [FailureExample] { [] }

    package func preflight() async -> [PreflightResult] { [] }

    package func start() -> AsyncStream<SecondSample> {
        AsyncStream {
            self.state.withLock { state in
                guard !state.isStopped else { return nil }
                let sample = state.load.nextSecond()
                (state.users, state.inFlight) = (sample.users, sample.inFlight)
                return sample
            }
        }
    }

    package func setUsers(_ users: Int, ratePerSecond: Double, thinkingFirst: Bool) {
        state.withLock { state in
            if users > 0, state.users == 0 { state.load.restart(for: users) }
            state.load.setUsers(users, thinkingFirst: thinkingFirst)
            state.users = users
        }
    }

    package func setRate(_ perSecond: Double, over seconds: Seconds) {}

    /// Virtual time stands still between two seconds.
    package func isQuiet() async -> Bool { state.withLock { $0.users == 0 && $0.inFlight == 0 } }

    package func stop() async -> GeneratorReport {
        state.withLock { $0.isStopped = true }
        return GeneratorReport(threads: 1, cpuSeconds: 0, seconds: 0, peakThreadCPU: 0, lag: Distribution())
    }
}
