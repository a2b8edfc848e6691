import Synchronization

/// A number that only rises.
package final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package var value: Int { count.load(ordering: .relaxed) }

    package func increment(by amount: Int = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }
}

/// A number that rises and falls.
package final class Gauge: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package var value: Int { count.load(ordering: .relaxed) }

    package func add(_ amount: Int) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    package func set(_ value: Int) {
        count.store(value, ordering: .relaxed)
    }
}

/// One counter for each code that was seen. Those named at the start exist at zero, so that a rate sees the first rise.
package final class CodeCounter: Sendable {
    private let counts: Mutex<[Int: Int]>

    package init(known codes: [Int] = []) {
        counts = Mutex(Dictionary(codes.map { ($0, 0) }, uniquingKeysWith: { first, _ in first }))
    }

    package var values: [(code: Int, count: Int)] {
        counts.withLock { $0.sorted { $0.key < $1.key }.map { (code: $0.key, count: $0.value) } }
    }

    package func increment(_ code: Int) {
        counts.withLock { $0[code, default: 0] += 1 }
    }
}
