import Model
import Synchronization

/// Where the loops' seconds come together and leave as one stream.
final class SampleOutlet: Sendable {
    private struct State: Sendable {
        var merger: SampleMerger
        var continuation: AsyncStream<SecondSample>.Continuation?
    }

    private let state: Mutex<State>
    private let machine: MachineMeter

    init(loops: Int, machine: MachineMeter) {
        state = Mutex(State(merger: SampleMerger(loops: loops)))
        self.machine = machine
    }

    func open() -> AsyncStream<SecondSample> {
        let (stream, continuation) = AsyncStream.makeStream(of: SecondSample.self)
        state.withLock { $0.continuation = continuation }
        return stream
    }

    func add(_ part: SecondSample, of loop: Int) {
        state.withLock { state in
            for sample in state.merger.add(part, of: loop) { state.continuation?.yield(machine.looked(sample)) }
        }
    }

    func finish() {
        state.withLock { state in
            for sample in state.merger.finish() { state.continuation?.yield(sample) }
            state.continuation?.finish()
            state.continuation = nil
        }
    }
}
