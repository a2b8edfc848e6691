/// The users of one loop. Each has a slot, which events and timers name it by; a slot is taken again once its user is gone.
struct Population {
    /// Users that stay, in the order in which they came; one that leaves may still wait for its answer.
    private(set) var staying: [User] = []
    /// All that were ever here.
    private(set) var spawned = 0
    private var slots: [User?] = []
    private var dues: [UInt64] = []
    private var freeSlots: [Int] = []
    private var living = 0

    var isEmpty: Bool { living == 0 }

    /// All that are still there, those who are leaving too.
    var everyone: [User] { slots.compactMap(\.self) }

    subscript(slot: Int) -> User? { slots[slot] }

    /// When the next request of the user in the slot is due.
    func due(in slot: Int) -> UInt64 { dues[slot] }

    mutating func setDue(_ time: UInt64, in slot: Int) { dues[slot] = time }

    /// - Parameter make: makes the user of a slot.
    mutating func spawn(_ make: (_ slot: Int) -> User) -> User {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count {
            slots.append(nil)
            dues.append(0)
        }
        let user = make(slot)
        spawned += 1
        living += 1
        slots[slot] = user
        staying.append(user)
        return user
    }

    /// The last one that came stays no longer; nil when none stays.
    mutating func dismissLast() -> User? { staying.popLast() }

    /// Those with a request under way stay no longer.
    mutating func dismissBusy() -> [User] {
        let busy = staying.filter(\.isBusy)
        staying.removeAll(where: \.isBusy)
        return busy
    }

    /// The user is gone.
    mutating func remove(_ user: User) {
        slots[user.slot] = nil
        freeSlots.append(user.slot)
        living -= 1
    }
}
