/// Who is to be woken when: a binary heap. Nobody is taken out before his time: whoever is woken looks whether there is
/// something to do.
package struct WakeTimes<Who> {
    private var heap: [(time: UInt64, who: Who)] = []

    package init() {}

    package var first: UInt64? { heap.first?.time }

    package mutating func add(_ who: Who, at time: UInt64) {
        heap.append((time, who))
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2].time > heap[child].time {
            heap.swapAt((child - 1) / 2, child)
            child = (child - 1) / 2
        }
    }

    /// The earliest, if his time has come.
    package mutating func popDue(at now: UInt64) -> Who? {
        guard let first = heap.first, first.time <= now else { return nil }
        let last = heap.removeLast()
        if heap.isEmpty { return first.who }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].time < heap[least].time {
                least = child
            }
            if least == parent { return first.who }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
