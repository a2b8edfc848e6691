/// The faults of a load with the parts that they are done to, and the instants. The same faults, replicas and seed give the
/// same plan.
package struct FaultPlan: Sendable, Equatable {
    /// A fault whose part is known.
    package struct Entry: Sendable, Equatable {
        /// The fault's place in the definition, from 0.
        package var index: Int
        package var fault: Fault
        package var part: String

        /// When it is taken back, in seconds since the load began; nil of what has no end, and of what lasts until the load's.
        package var end: Seconds? { fault.action.hasEnd ? fault.duration.map { fault.at + $0 } : nil }
    }

    /// An instant at which something is done.
    package struct Moment: Sendable, Equatable {
        /// Seconds since the load began.
        package var at: Seconds
        package var entry: Entry
        /// Whether the fault is taken back then.
        package var isEnd: Bool

        package init(at: Seconds, entry: Entry, isEnd: Bool) {
            self.at = at
            self.entry = entry
            self.isEnd = isEnd
        }
    }

    /// In the order of time.
    package private(set) var entries: [Entry] = []
    /// Places in the definition of faults for which no replica was left to draw.
    package private(set) var undrawn: [Int] = []

    /// - Parameters:
    ///   - faults: in the order of time.
    ///   - replicas: the names of all, for example `store-1`.
    ///   - seed: the load's.
    package init(_ faults: [Fault], replicas: [String], seed: UInt64) {
        let named = Set(faults.compactMap { if case .part(let name) = $0.target { name } else { nil } })
        var random = FaultDraw(seed: seed)
        for (index, fault) in faults.enumerated() {
            switch fault.target {
            case .part(let name): entries.append(Entry(index: index, fault: fault, part: name))
            case .randomReplica:
                // One that is named elsewhere is left out, so that no draw decides whether the definition makes sense.
                let free = replicas.filter { !named.contains($0) && isFree($0, for: fault) }
                if let part = random.draw(of: free) {
                    entries.append(Entry(index: index, fault: fault, part: part))
                } else {
                    undrawn.append(index)
                }
            }
        }
    }

    /// Whether the fault makes sense on the part after those that were planned before.
    private func isFree(_ part: String, for fault: Fault) -> Bool {
        obstacle(to: fault, on: part) == nil
    }

    /// Why a fault makes no sense on a part, after those that were planned before.
    package enum Obstacle: Sendable, Equatable {
        /// It was killed by this one, and is dead.
        case dead(Entry)
        /// It was not killed before.
        case alive
        /// This one is still in force.
        case inForce(Entry)
    }

    package func obstacle(to fault: Fault, on part: String) -> Obstacle? {
        let before = entries.filter { $0.part == part }
        let last = before.last { !$0.fault.action.hasEnd }
        let killed = last.flatMap { $0.fault.action == .kill ? $0 : nil }
        if fault.action == .start { return killed == nil ? .alive : nil }
        if let killed { return .dead(killed) }
        return before.first { entry in
            guard entry.fault.action.hasEnd, (entry.end ?? .infinity) > fault.at else { return false }
            return fault.action == .kill || entry.fault.action.key == fault.action.key
        }
        .map(Obstacle.inForce)
    }

    /// What is done to a part and when; of one instant the ends come first.
    package func moments(of part: String) -> [Moment] {
        let all = entries.filter { $0.part == part }.flatMap { entry in
            [Moment(at: entry.fault.at, entry: entry, isEnd: false)]
                + (entry.end.map { [Moment(at: $0, entry: entry, isEnd: true)] } ?? [])
        }
        return all.enumerated().sorted { one, other in
            (one.element.at, one.element.isEnd ? 0 : 1, one.offset)
                < (other.element.at, other.element.isEnd ? 0 : 1, other.offset)
        }
        .map(\.element)
    }

    /// The same with other names of the parts.
    package func renamed(_ name: (String) throws -> String) rethrows -> FaultPlan {
        var plan = self
        for index in entries.indices { plan.entries[index].part = try name(entries[index].part) }
        return plan
    }

    /// Each once.
    package var parts: [String] {
        entries.reduce(into: []) { if !$0.contains($1.part) { $0.append($1.part) } }
    }
}

extension FaultAction {
    /// Whether it is taken back; a `kill` is not, but by a `start`.
    package var hasEnd: Bool { self != .kill && self != .start }

    /// Its name in a definition.
    package var key: String {
        switch self {
        case .kill: "kill"
        case .start: "start"
        case .pause: "pause"
        case .slow: "slow"
        case .cut: "cut"
        case .bandwidth: "bandwidth"
        case .throttle: "throttle"
        case .hold: "hold"
        }
    }
}

/// SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. A stream of
/// its own, so that a fault more or less changes no request.
private struct FaultDraw {
    private var state: UInt64

    init(seed: UInt64) { state = seed ^ 0x6661_756c_7473_0000 }

    /// - Returns: nil of none.
    mutating func draw(of names: [String]) -> String? {
        guard !names.isEmpty else { return nil }
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        bits ^= bits >> 31
        // Lemire's multiplication; of so few names the bias is below 1 in 2^58.
        return names[Int(bits.multipliedFullWidth(by: UInt64(names.count)).high)]
    }
}
