package import Model
package import Stacks
import Synchronization

/// Makes the faults of a load beside it, each at its instant, by a clock that counts from the load's beginning. A fault that
/// fails is recorded with its trouble, and the others go on.
package final class FaultRun: Sendable {
    private let plan: FaultPlan
    private let injector: any FaultInjector
    private let tell: @Sendable (RunHappening) throws -> Void
    private let time = Mutex(LoadTime())
    private let done = Mutex<[Int: FaultRecord]>([:])
    private let remarks = Mutex<[String]>([])

    /// - Parameter tell: each fault as it was begun, and again as it was ended.
    package init(
        _ plan: FaultPlan, injector: any FaultInjector, tell: @escaping @Sendable (RunHappening) throws -> Void
    ) {
        self.plan = plan
        self.injector = injector
        self.tell = tell
    }

    /// In the order of the definition; those for which the load ended too soon are left out.
    package var records: [FaultRecord] { done.withLock { $0.sorted { $0.key < $1.key }.map(\.value) } }

    /// What did not go as the definition says.
    package var notes: [String] { remarks.withLock { $0 } }

    /// Returns after the last instant of the plan; when it is cancelled, before.
    /// - Parameter lead: how long ago the load has begun.
    package func run(_ clock: any Clock<Duration>, lead: Duration) async {
        time.withLock { $0 = LoadTime(clock, lead: lead) }
        await withDiscardingTaskGroup { group in
            // What is done to one part is done in its order; a call that takes its time keeps no other part waiting.
            for part in plan.parts { group.addTask { await self.work(on: part) } }
        }
    }

    /// Takes back what is still in force, also when the task is cancelled. To be called once the load is over and `run` has
    /// returned.
    package func finish() async {
        for record in records.reversed() where record.isInForce {
            await end(record.index)
        }
    }

    private func work(on part: String) async {
        let time = time.withLock { $0 }
        for moment in plan.moments(of: part) {
            guard (try? await time.sleep(moment.at)) != nil, !Task.isCancelled else { return }
            if moment.isEnd { await end(moment.entry.index) } else { await begin(moment.entry) }
        }
    }

    private var now: Seconds { (time.withLock { $0 }.elapsed() * 1000).rounded() / 1000 }

    private func begin(_ entry: FaultPlan.Entry) async {
        let began = now
        var record = FaultRecord(index: entry.index, fault: entry.fault, part: entry.part, began: began, done: began)
        do {
            let held = try await held(by: entry)
            if case .hold(let wanted) = entry.fault.action, let held, held < wanted {
                note("Fault \(entry.index + 1): of \(wanted) connections of \(entry.part) only \(held) could be held.")
            }
        } catch {
            record.trouble = Self.words(error)
            noteTrouble(record)
        }
        record.done = now
        keep(record)
    }

    /// What is to be taken back is begun as a whole, whatever ends the load meanwhile: half of it could not be told from none.
    private func held(by entry: FaultPlan.Entry) async throws -> Int? {
        let (injector, action, part) = (injector, entry.fault.action, entry.part)
        guard action.hasEnd else { return try await injector.begin(action, on: part) }
        return try await Task { try await injector.begin(action, on: part) }.value
    }

    private func end(_ index: Int) async {
        guard var record = done.withLock({ $0[index] }), record.isInForce else { return }
        let (injector, action, part) = (injector, record.fault.action, record.part)
        do {
            // Whatever ends the load must not keep it in force.
            try await Task { try await injector.end(action, on: part) }.value
            record.ended = now
        } catch {
            record.trouble = Self.words(error)
            noteTrouble(record)
        }
        keep(record)
    }

    private func keep(_ record: FaultRecord) {
        done.withLock { $0[record.index] = record }
        // What cannot be told ends the load, which meets the same trouble.
        try? tell(.fault(record))
    }

    private func noteTrouble(_ record: FaultRecord) {
        note(
            "Fault \(record.index + 1), \(record.fault.action.key) of \(record.part), did not go as planned: "
                + "\(record.trouble ?? "").")
    }

    private func note(_ text: String) { remarks.withLock { $0.append(text) } }

    private static func words(_ error: any Error) -> String {
        error is CancellationError
            ? "the load ended before it was done" : (error as? Problem)?.message ?? "\(error)"
    }
}

extension FaultRecord {
    fileprivate var isInForce: Bool { fault.action.hasEnd && ended == nil && trouble == nil }
}

/// A clock that counts from the beginning of a load.
private struct LoadTime: Sendable {
    /// Seconds since then.
    var elapsed: @Sendable () -> Seconds
    /// Until that many seconds after it.
    var sleep: @Sendable (Seconds) async throws -> Void

    init() { self.init(ContinuousClock(), lead: .zero) }

    init(_ clock: some Clock<Duration>, lead: Duration) {
        let began = clock.now.advanced(by: .zero - lead)
        elapsed = { began.duration(to: clock.now).seconds }
        sleep = { try await clock.sleep(until: began.advanced(by: .seconds($0)), tolerance: .milliseconds(5)) }
    }
}
