/// Puts the parts of each second together and gives seconds out in order: those of a generator's loops, or of several
/// generators.
package struct SampleMerger: Sendable {
    private let loops: Int
    private var waiting: [Int: [(loop: Int, sample: SecondSample)]] = [:]
    private var next = 0

    package init(loops: Int) {
        self.loops = loops
    }

    /// - Parameter loop: whose part it is; the parts of a second stand in this order.
    /// - Returns: the seconds that are whole now, in order.
    package mutating func add(_ part: SecondSample, of loop: Int) -> [SecondSample] {
        waiting[part.second, default: []].append((loop, part))
        var whole: [SecondSample] = []
        while let parts = waiting[next], parts.count == loops {
            whole.append(Self.merged(parts))
            waiting[next] = nil
            next += 1
        }
        return whole
    }

    /// - Returns: what is left when no loop will add anything more.
    package mutating func finish() -> [SecondSample] {
        defer { waiting = [:] }
        return waiting.sorted { $0.key < $1.key }.map { Self.merged($0.value) }
    }

    private static func merged(_ parts: [(loop: Int, sample: SecondSample)]) -> SecondSample {
        .merged(parts.sorted { $0.loop < $1.loop }.map(\.sample))
    }
}

extension SecondSample {
    /// Parts of one second as one, without loss. What `GeneratorSecond` says of a machine is not merged.
    package static func merged(_ parts: [SecondSample]) -> SecondSample {
        guard var sum = parts.first else { return SecondSample(second: 0, users: 0, inFlight: 0, tasks: []) }
        guard parts.count > 1 else { return sum }
        sum.users = parts.reduce(0) { $0 + $1.users }
        sum.inFlight = parts.reduce(0) { $0 + $1.inFlight }
        sum.generator = merged(parts.compactMap(\.generator))
        sum.signs = .merged(parts.compactMap(\.signs))
        for index in sum.tasks.indices { sum.tasks[index] = merged(parts.map { $0.tasks[index] }) }
        return sum
    }

    private static func merged(_ parts: [TaskSecond]) -> TaskSecond {
        TaskSecond(
            started: parts.reduce(0) { $0 + $1.started }, succeeded: .merged(parts.map(\.succeeded)),
            failed: .merged(parts.map(\.failed)),
            failures: parts.reduce(into: [:]) { $0.merge($1.failures, uniquingKeysWith: +) },
            firstByte: .merged(parts.map(\.firstByte)), due: merged(parts.compactMap(\.due)),
            reconnects: sum(parts.map(\.reconnects)), hops: sum(parts.map(\.hops)),
            compressed: parts.compactMap(\.compressed).reduce(nil) { sum, part in sum.map { $0 + part } ?? part },
            failureTimes: merged(parts.compactMap(\.failureTimes)))
    }

    /// nil where no part has one.
    private static func sum(_ counts: [Int?]) -> Int? {
        let counts = counts.compactMap(\.self)
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }

    private static func merged(_ parts: [FailureTimes]) -> FailureTimes? {
        guard let first = parts.map(\.first).min(), let last = parts.map(\.last).max() else { return nil }
        let due = parts.reduce(into: [FailureKind: [Distribution]]()) { all, part in
            for (kind, times) in part.due { all[kind, default: []].append(times) }
        }
        return FailureTimes(first: first, last: last, due: due.mapValues { .merged($0) })
    }

    private static func merged(_ parts: [DueSecond]) -> DueSecond? {
        guard !parts.isEmpty else { return nil }
        return DueSecond(
            succeededEarlier: .merged(parts.map(\.succeededEarlier)),
            failedEarlier: .merged(parts.map(\.failedEarlier)),
            open: .merged(parts.map(\.open)))
    }

    private static func merged(_ parts: [GeneratorSecond]) -> GeneratorSecond? {
        guard !parts.isEmpty else { return nil }
        return GeneratorSecond(
            loops: parts.flatMap(\.loops), due: parts.reduce(0) { $0 + $1.due },
            sent: parts.reduce(0) { $0 + $1.sent }, waiting: parts.reduce(0) { $0 + $1.waiting },
            lag: .merged(parts.map(\.lag)), connections: parts.reduce(0) { $0 + $1.connections },
            opened: sum(parts.map(\.opened)))
    }
}
