import NIOCore
import NIOPosix
import StoreServer
import Synchronization

/// How a job is done, by exchanges and on threads.
extension ConnectionPool {
    func noteStart(of job: Job) {
        metrics.wait.record(nanoseconds: Int((NIODeadline.now() - job.enqueued).nanoseconds))
        metrics.busy.add(1)
    }

    /// Begins a job as an exchange.
    /// - Returns: false where it needs a thread.
    func exchange(_ job: Job, with connection: Connection?) -> Bool {
        guard watch != nil, let connection, let steps = job.steps else { return false }
        go(on: steps.send(connection), with: job, steps, connection)
        return true
    }

    private func go(on progress: Job.Progress, with job: Job, _ steps: Job.Steps, _ connection: Connection) {
        switch progress {
        case .awaitsAnswer:
            let deadline = NIODeadline.now() + .seconds(Int64(connection.timeoutSeconds))
            let isWatched = watch?.wait(for: connection.socket, until: deadline) { hasTimedOut in
                self.go(on: steps.receive(connection, hasTimedOut), with: job, steps, connection)
            }
            // Without a descriptor for it nobody would ever tell of the answer.
            if isWatched != true { go(on: steps.receive(connection, true), with: job, steps, connection) }
        case .needsThread:
            let held = dropIfBroken(connection)
            threads.submit { _ in self.work(on: job, with: held) }
        case .done(let answer):
            let held = dropIfBroken(connection)
            if let next = nextJob(releasing: held), !exchange(next, with: held) {
                threads.submit { _ in self.work(on: next, with: held) }
            }
            answer()
        }
    }

    /// On a thread, which may block: does the job, and then whatever waits and needs a thread too.
    func work(on first: Job, with held: Connection?) {
        var connection = held
        var job = first
        while perform(job, on: &connection) == .done {
            guard let next = nextJob(releasing: connection), !exchange(next, with: connection) else { return }
            job = next
        }
    }

    private enum Outcome { case done, leftToOthers }

    private func perform(_ job: Job, on connection: inout Connection?) -> Outcome {
        for isLast in [false, true] {
            let current: Connection
            do {
                current = try connection ?? open()
            } catch {
                if isCrowded(error), leaveToOthers(job) { return .leftToOthers }
                job.fail(error)
                return .done
            }
            connection = current
            let again = job.attempt(current, isLast)
            connection = dropIfBroken(current)
            if !again { break }
        }
        return .done
    }

    private func dropIfBroken(_ connection: Connection) -> Connection? {
        guard !connection.isUsable else { return connection }
        discard([connection])
        return nil
    }

    /// Puts a job back for workers that have a connection.
    /// - Returns: false when there is no other worker.
    private func leaveToOthers(_ job: Job) -> Bool {
        let (isLeft, startTimer) = state.withLock { state in
            guard state.workers > 1, !state.closed else { return (false, false) }
            state.workers -= 1
            // The oldest stand in front.
            if let last = state.queue.last, last.enqueued > job.enqueued {
                state.queue.prepend(job)
            } else {
                state.queue.append(job)
            }
            defer { state.timerRuns = true }
            return (true, !state.timerRuns)
        }
        if isLeft {
            metrics.busy.add(-1)
            metrics.waiting.add(1)
        }
        if startTimer { timer.scheduleTask(deadline: job.enqueued + limits.wait) { self.expire() } }
        return isLeft
    }

    private func open() throws -> Connection {
        if let failure = state.withLock({ $0.lastFailure }), NIODeadline.now() < failure.until { throw failure.error }
        do {
            let connection = try connect()
            metrics.open.add(1)
            return connection
        } catch {
            let until = NIODeadline.now() + limits.reconnectPause
            state.withLock { $0.lastFailure = (error, until) }
            throw error
        }
    }

    func discard(_ connections: [Connection]) {
        for connection in connections { connection.close() }
        metrics.open.add(-connections.count)
    }
}
