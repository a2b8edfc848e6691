import Foundation
import LoadGenerator
package import Model

/// Servers behind one queue, first come first served.
package struct QueueApplication: SimulatedApplication {
    package enum ServiceTime: Sendable { case exponential, constant }

    package var servers = 1
    /// Of each server, in requests per second.
    package var rate = 200.0
    package var serviceTime = ServiceTime.exponential
    /// Requests that may wait; those beyond are answered with 503 at once.
    package var queue = Int.max
    package var pace = Pace.even
    /// In requests since the restart: when so many have been served, each takes twice as long.
    package var growth = Double.infinity
    /// From so many requests in the application on each takes `collapse.factor` times as long, until it is empty.
    package var collapse: (from: Int, factor: Double)?

    private var random: RandomSource
    private var free: [Seconds] = []
    private var ends = EventQueue<Void>()
    private var served = 0
    private var began: Seconds = 0
    private var hasCollapsed = false

    package init(seed: UInt64, _ change: (inout QueueApplication) -> Void = { _ in }) {
        random = RandomSource(seed: seed, ordinal: 0)
        change(&self)
        free = Array(repeating: 0, count: servers)
    }

    package mutating func restart(at time: Seconds, for users: Int) {
        free = Array(repeating: time, count: servers)
        ends.removeAll()
        served = 0
        began = time
        hasCollapsed = false
        pace.restart(&random)
    }

    package func machineSpeed(at time: Seconds) -> Double? { pace.machineSpeed(at: time - began) }

    package mutating func accept(_ request: Int, at time: Seconds) -> SimulatedAnswer? {
        if queue < .max || collapse != nil {
            while ends.nextTime <= time { ends.removeFirst() }
            if ends.count >= servers, ends.count - servers >= queue {
                return SimulatedAnswer(at: time + 0.001, failure: .status(503))
            }
            if let collapse { hasCollapsed = ends.count > collapse.from || (hasCollapsed && ends.count > 0) }
        }
        var server = 0
        for index in free.indices where free[index] < free[server] { server = index }
        var work = (serviceTime == .exponential ? random.exponential() : 1) / rate
        work *= 1 + Double(served) / growth
        if hasCollapsed, let collapse { work *= collapse.factor }
        served += 1
        let start = max(time, free[server])
        let end = began + pace.end(of: work, from: start - began)
        free[server] = end
        if queue < .max || collapse != nil { ends.add((), at: end) }
        return SimulatedAnswer(at: end)
    }
}
