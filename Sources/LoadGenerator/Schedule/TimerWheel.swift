/// Timers of one event loop in a hashed wheel (Varghese and Lauck, 1987): a slot per tick, each a doubly linked list
/// threaded through arrays, so that arming, moving and disarming take constant time and no allocation. A timer further
/// away than one turn of the wheel stays in its slot until its turn comes. It does no I/O and reads no clock.
package struct TimerWheel: Sendable {
    private struct Node {
        var due = -1
        var next: Int32 = -1
        var previous: Int32 = -1
    }

    private var nodes: [Node] = []
    private var heads: [Int32]
    /// One bit per slot that holds a timer.
    private var occupied: [UInt64]
    private let mask: Int
    /// Every tick before this one has been popped.
    private var tick = 0
    package private(set) var count = 0

    /// - Parameter slotBits: the wheel has 2 to this power slots, at least 64.
    package init(slotBits: Int = 12) {
        let slots = 1 << max(6, slotBits)
        heads = Array(repeating: -1, count: slots)
        occupied = Array(repeating: 0, count: slots / 64)
        mask = slots - 1
    }

    package func isArmed(_ id: Int) -> Bool {
        id < nodes.count && nodes[id].due >= 0
    }

    /// Arms the timer, or moves it. A tick that has passed fires at the next call of `popDue`.
    package mutating func arm(_ id: Int, at due: Int) {
        while nodes.count <= id { nodes.append(Node()) }
        disarm(id)
        let due = max(due, tick)
        let slot = due & mask
        nodes[id] = Node(due: due, next: heads[slot])
        if heads[slot] >= 0 { nodes[Int(heads[slot])].previous = Int32(id) }
        heads[slot] = Int32(id)
        occupied[slot >> 6] |= 1 << UInt64(slot & 63)
        count += 1
    }

    package mutating func disarm(_ id: Int) {
        guard isArmed(id) else { return }
        let node = nodes[id]
        let slot = node.due & mask
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous }
        if node.previous >= 0 {
            nodes[Int(node.previous)].next = node.next
        } else {
            heads[slot] = node.next
            if node.next < 0 { occupied[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
        }
        nodes[id] = Node()
        count -= 1
    }

    /// Disarms and returns a timer that is due at `now` or before; nil when there is none. Earlier ticks come first,
    /// save after a pause longer than a turn of the wheel.
    package mutating func popDue(at now: Int) -> Int? {
        if count == 0 { tick = max(tick, now) }
        tick = max(tick, now - mask)
        while tick <= now {
            var id = heads[tick & mask]
            while id >= 0 {
                if nodes[Int(id)].due <= now {
                    disarm(Int(id))
                    return Int(id)
                }
                id = nodes[Int(id)].next
            }
            if tick == now { return nil }
            tick += 1
        }
        return nil
    }

    /// The tick to call `popDue` at next, once it has returned nil: that of the next timer, or of a slot whose timers
    /// are all further than one turn away. nil when no timer is armed.
    package func nextWake() -> Int? {
        guard count > 0 else { return nil }
        var offset = 1
        while offset <= mask + 1 {
            let slot = (tick + offset) & mask
            let word = occupied[slot >> 6] >> UInt64(slot & 63)
            if word != 0 { return tick + offset + word.trailingZeroBitCount }
            offset += 64 - (slot & 63)
        }
        return tick + mask + 1
    }
}
