package import Model

/// What the engine told of a container of which nobody asked it.
package struct ContainerEvent: Sendable, Equatable {
    package var component: String
    package var sign: SignKind
    package var time: UnixTime

    package init(component: String, sign: SignKind, time: UnixTime) {
        self.component = component
        self.sign = sign
        self.time = time
    }

    /// - Parameter exitCode: of a container that died; one that has done its work ends with 0.
    package static func sign(of action: String, exitCode: Int) -> SignKind? {
        switch action {
        case "oom": .outOfMemoryKill
        case "die" where exitCode != 0: .ended
        default: nil
        }
    }

    /// One series for each sign of each component, of the load's time alone.
    package static func series(_ events: [ContainerEvent], in window: LoadWindow) -> [SignSeries] {
        var counts: [String: [SignKind: [Int: Int]]] = [:]
        for event in events {
            guard let second = window.second(of: event.time) else { continue }
            counts[event.component, default: [:]][event.sign, default: [:]][second, default: 0] += 1
        }
        return counts.sorted { $0.key < $1.key }.flatMap { component, signs in
            signs.sorted { $0.key.rawValue < $1.key.rawValue }.map { sign, counts in
                SignSeries(kind: sign, source: .engine, component: component, counts: counts)
            }
        }
    }
}
