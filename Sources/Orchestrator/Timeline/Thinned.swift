package import Model

/// What can be put together with what followed it.
package protocol Mergeable {
    mutating func merge(_ next: Self)
}

/// A list that never grows beyond its limit: when it is full, neighbours are put together two by two, and later elements
/// as many together from then on.
package struct Thinned<Element: Mergeable & Sendable & Equatable>: Sendable, Equatable {
    package private(set) var elements: [Element] = []
    /// How many elements were put together in each but the last one.
    package private(set) var width = 1
    /// How many the last one has.
    private var filled = 0
    package var limit: Int {
        didSet { thin() }
    }

    package init(limit: Int) { self.limit = max(2, limit) }

    package mutating func append(_ element: Element) {
        if let last = elements.indices.last, filled < width {
            elements[last].merge(element)
            filled += 1
        } else {
            elements.append(element)
            filled = 1
            thin()
        }
    }

    private mutating func thin() {
        while elements.count > max(2, limit) {
            let isEven = elements.count.isMultiple(of: 2)
            elements = stride(from: 0, to: elements.count, by: 2).map { start in
                var pair = elements[start]
                if start + 1 < elements.count { pair.merge(elements[start + 1]) }
                return pair
            }
            if isEven { filled += width }
            width *= 2
        }
    }
}

extension RunSecond: Mergeable {
    /// Requests add up; of latencies the highest counts.
    package mutating func merge(_ next: RunSecond) {
        span += next.span
        activity = next.activity
        users = next.users
        targetUsers = next.targetUsers
        targetRate = next.targetRate
        inFlight = next.inFlight
        all.ended += next.all.ended
        all.failures.merge(next.all.failures, uniquingKeysWith: +)
        for latency in [\Requests.mean, \.p50, \.p90, \.p95, \.p99] {
            all[keyPath: latency] = Self.highest(all[keyPath: latency], next.all[keyPath: latency])
        }
        generatorCPU = Self.highest(generatorCPU, next.generatorCPU)
        tasks = []
    }

    private static func highest(_ one: Double?, _ other: Double?) -> Double? {
        [one, other].compactMap(\.self).max()
    }
}

extension UsageSample: Mergeable {
    /// Of cores and memory the highest counts.
    package mutating func merge(_ next: UsageSample) {
        time = next.time
        cores.merge(next.cores, uniquingKeysWith: max)
        memory.merge(next.memory, uniquingKeysWith: max)
    }
}
