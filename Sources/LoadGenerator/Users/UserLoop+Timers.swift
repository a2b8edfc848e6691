/// What is done because its time has come.
extension UserLoop {
    /// Timers that are served before answers are read again.
    private static let timersPerTurn = 128
    /// Between looks at how late timers are.
    static let ticksPerPulse = 50

    /// Nanoseconds until something is due; nil when nothing is.
    func idleTime() -> UInt64? {
        var next = timers.nextTime ?? .max
        if let due = arrivals?.nextDue, due < next { next = due }
        guard next < .max else { return nil }
        let now = Clocks.now
        return next > now ? next - now : 0
    }

    func serveTimers() {
        guard timers.nextTime != nil, let current = timers.dueTick(at: Clocks.now) else { return }
        for _ in 0..<Self.timersPerTurn {
            guard let timer = timers.popDue(at: current) else { return }
            fire(timer)
        }
    }

    private func fire(_ timer: LoopTimer) {
        let now = Clocks.now
        switch timer {
        case .ramp: changePopulation(now: now)
        case .second: roll(now: now)
        case .pulse:
            recorder.timerFired(due: timers.time(of: pulseTick), now: now)
            wallOffset = Clocks.wallOffset
            pulseTick = max(pulseTick + Self.ticksPerPulse, timers.tick(now))
            timers.arm(.pulse, at: pulseTick)
        case .due(let slot):
            guard let user = population[slot] else { return }
            if user.isBusy { return user.proceed() }
            let due = population.due(in: slot)
            recorder.timerFired(due: due, now: now)
            begin(user, due: due, now: now)
        case .deadline(let slot):
            guard let user = population[slot], user.isBusy else { return }
            if now >= user.deadline {
                user.expire(now: now)
            } else {
                timers.arm(timer, at: timers.tick(user.deadline))
            }
        }
    }

    /// Gives out every second that is over.
    func roll(now: UInt64) {
        guard now >= recorder.secondEnd else { return }
        recorder.roll(now: now, users: population.staying.count, connections: connections)
        timers.arm(.second, at: timers.tick(recorder.secondEnd))
    }
}
