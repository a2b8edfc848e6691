/// One contestant: its name and how to get a rate out of it, per second.
struct Contestant: Sendable {
    var name: String
    var rate: @Sendable () async throws -> Double
}

/// Two contestants who take turns, so that a slow minute of the machine hits both.
struct Pairing: Sendable {
    var title: String
    var store: Contestant
    var peer: Contestant
    /// The ratio that is to be reached.
    var goal: Double

    struct Outcome: Sendable {
        var title: String
        var goal: Double
        var store: [Double]
        var peer: [Double]

        /// Median of the ratios of each pair.
        var ratio: Double { zip(store, peer).map { $0 / $1 }.median }
    }

    func run(pairs: Int, log: (String) -> Void) async throws -> Outcome {
        var outcome = Outcome(title: title, goal: goal, store: [], peer: [])
        for number in 0..<pairs {
            // Who goes first changes, so that neither always finds the warmer machine.
            if number.isMultiple(of: 2) {
                outcome.store.append(try await store.rate())
                outcome.peer.append(try await peer.rate())
            } else {
                outcome.peer.append(try await peer.rate())
                outcome.store.append(try await store.rate())
            }
            log(
                "\(title), pair \(number + 1): \(store.name) \(outcome.store.last ?? 0), "
                    + "\(peer.name) \(outcome.peer.last ?? 0)")
        }
        return outcome
    }
}

extension [Double] {
    var median: Double {
        let sorted = sorted()
        guard let last = sorted.last else { return .nan }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2)
            ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted.count == 1 ? last : sorted[middle]
    }
}
