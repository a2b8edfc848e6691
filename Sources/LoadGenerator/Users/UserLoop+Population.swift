import Model

/// How users come and go.
extension UserLoop {
    /// Users that come or go in one tick at most: opening and closing takes time in which answers would wait to be read.
    private static let changesPerTick = 64

    func follow(_ ramp: Ramp) {
        guard whenDrained == nil else { return }
        self.ramp = ramp
        adjust(now: Clocks.now)
    }

    /// Lets all users go; `done` is called when the last has its answer, or has waited for it long enough.
    func drain(_ done: @escaping () -> Void) {
        ramp = nil
        arrivals?.stop()
        whenDrained = done
        let now = Clocks.now
        for user in population.dismissBusy() { user.leave(now: now) }
        for user in population.staying { timers.disarm(.due(user.slot)) }
        dismissSome(now: now)
        reportDrained()
    }

    /// Waits no longer for those who were to leave: they go without their answers, which count neither as given nor as
    /// missing.
    func abandon() {
        guard whenDrained != nil else { return }
        let now = Clocks.now
        while let user = population.dismissLast() { user.leave(now: now) }
        for user in population.everyone { user.abandon() }
    }

    /// As many as should be here by now, or nearer to it.
    func changePopulation(now: UInt64) {
        if whenDrained == nil { adjust(now: now) } else { dismissSome(now: now) }
    }

    func spawn() -> User {
        let ordinal = share.ordinal(after: population.spawned)
        return population.spawn { slot in
            User(
                slot: slot, loop: self, random: RandomSource(seed: plan.seed, ordinal: ordinal),
                isFirst: ordinal == plan.part.index)
        }
    }

    /// The user has left.
    func remove(_ user: User) {
        timers.disarm(.due(user.slot))
        timers.disarm(.deadline(user.slot))
        population.remove(user)
        reportDrained()
    }

    private func adjust(now: UInt64) {
        guard let ramp else { return }
        let mine = share.count(of: ramp.users(at: now))
        let (fewer, more) = (population.staying.count - mine, mine - population.staying.count)
        for _ in 0..<min(Self.changesPerTick, max(0, fewer)) { population.dismissLast()?.leave(now: now) }
        for _ in 0..<min(Self.changesPerTick, max(0, more)) {
            guard !(ramp.usersThinkFirst && plan.usersThink) else {
                spawn().think(now: Clocks.now)
                continue
            }
            // Due on the timers' grid, so that its coarseness is not taken for lag.
            let due = timers.time(of: timers.tick(ramp.due(user: share.number(population.staying.count))))
            let user = spawn()
            let now = Clocks.now
            begin(user, due: min(now, due), now: now)
        }
        if population.staying.count != mine {
            timers.arm(.ramp, at: timers.tick(now + 1))
        } else if let next = ramp.nextChange(after: now) {
            timers.arm(.ramp, at: timers.tick(next))
        } else {
            timers.disarm(.ramp)
        }
    }

    private func dismissSome(now: UInt64) {
        for _ in 0..<min(Self.changesPerTick, population.staying.count) { population.dismissLast()?.leave(now: now) }
        if population.staying.isEmpty { timers.disarm(.ramp) } else { timers.arm(.ramp, at: timers.tick(now + 1)) }
    }

    private func reportDrained() {
        guard population.isEmpty, let done = whenDrained else { return }
        whenDrained = {}
        done()
    }
}
