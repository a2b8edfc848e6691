/// Events in the order of their times: a binary heap.
struct EventQueue<Event: Sendable>: Sendable {
    private var events: [(time: Double, event: Event)] = []

    var nextTime: Double { events.first?.time ?? .infinity }
    var count: Int { events.count }

    mutating func add(_ event: Event, at time: Double) {
        events.append((time, event))
        var index = events.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard events[parent].time > time else { break }
            events.swapAt(index, parent)
            index = parent
        }
    }

    mutating func removeFirst() -> Event? {
        guard let first = events.first else { return nil }
        let last = events.removeLast()
        guard !events.isEmpty else { return first.event }
        events[0] = last
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < events.count else { break }
            if child + 1 < events.count, events[child + 1].time < events[child].time { child += 1 }
            guard events[child].time < last.time else { break }
            events.swapAt(index, child)
            index = child
        }
        return first.event
    }

    mutating func removeAll() { events.removeAll(keepingCapacity: true) }
}
