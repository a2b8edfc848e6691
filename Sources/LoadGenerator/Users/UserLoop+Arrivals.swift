import Model

/// The arrivals of an open load, each a request of its own that takes any free session.
extension UserLoop {
    func follow(_ schedule: RateSchedule) {
        guard whenDrained == nil else { return }
        arrivals?.follow(schedule)
    }

    func serveArrivals() {
        guard arrivals?.nextDue != nil || arrivals?.hasWaiting == true else { return }
        let now = Clocks.now
        while let due = arrivals?.nextDue, due <= now {
            recorder.fallDue()
            arrivals?.take()
        }
        while let arrival = arrivals?.nextWaiting, launch(arrival, now: Clocks.now) { arrivals?.dropWaiting() }
    }

    /// - Returns: whether it could be sent, or waited too long for that.
    private func launch(_ arrival: Arrivals.Arrival, now: UInt64) -> Bool {
        let draws = RandomSource(seed: plan.seed, ordinal: arrival.number)
        if now >= arrival.due + plan.timeout {
            giveUp(arrival, draws: draws, now: now)
        } else if let user = arrivals?.idle.popLast() {
            user.begin(due: arrival.due, now: now, draws: draws)
        } else if population.staying.count < arrivals?.mostSessions ?? 0 {
            spawn().begin(due: arrival.due, now: now, draws: draws)
        } else {
            return false
        }
        return true
    }

    private func giveUp(_ arrival: Arrivals.Arrival, draws: RandomSource, now: UInt64) {
        var draws = draws
        let task = plan.pickTask(&draws, own: nil)
        recorder.began(task: task, due: arrival.due, lag: now - arrival.due)
        guard requestFailed(task: task, kind: .timeout, due: arrival.due, latency: plan.timeout, now: now) else {
            return
        }
        let detail =
            "not sent within the timeout: all \(population.staying.count) sessions wait for answers"
        keep(
            FailureExample(
                task: plan.tasks[task].name, kind: .timeout, time: elapsed(now),
                latency: Double(plan.timeout) / 1e9, detail: detail, request: "", response: ""))
    }
}
