import NIOCore
import Synchronization

/// A server's outages: which of them is in force, and what each has done.
final class OutageSchedule: Sendable {
    private struct State: Sendable {
        /// When the first request came, in nanoseconds of the monotonic clock.
        var origin: UInt64?
        var counts: [OutageCount]
    }

    private let state: Mutex<State>
    let isEmpty: Bool

    init(_ outages: [ScriptedOutage]) {
        isEmpty = outages.isEmpty
        state = Mutex(State(counts: outages.map(OutageCount.init)))
    }

    var counts: [OutageCount] { state.withLock(\.counts) }

    /// A request has come.
    /// - Returns: on the first one, when the outages begin, by their numbers.
    func requestCame(at now: UInt64) -> [(number: Int, begin: UInt64, end: UInt64)]? {
        state.withLock { state in
            guard state.origin == nil else { return nil }
            state.origin = now
            return state.counts.enumerated().map { number, count in
                (number, now + count.outage.after, now + count.outage.after + count.outage.length)
            }
        }
    }

    func began(_ number: Int, at now: UInt64) { state.withLock { $0.counts[number].began = now } }

    func ended(_ number: Int, at now: UInt64) { state.withLock { $0.counts[number].ended = now } }

    /// The outage that is in force, by its number, and when it is planned to end. It is so from when it really began until it
    /// really ended: a timer that fires late makes it longer, and never unknown.
    var current: (number: Int, outage: ScriptedOutage)? {
        state.withLock { state in
            state.counts.enumerated().first { $1.began != nil && $1.ended == nil }.map { ($0, $1.outage) }
        }
    }

    func count(_ number: Int, _ what: any WritableKeyPath<OutageCount, Int> & Sendable) {
        state.withLock { $0.counts[number][keyPath: what] += 1 }
    }

    func kind(of number: Int) -> ScriptedOutage.Kind { state.withLock { $0.counts[number].outage.kind } }

    /// As JSON; times in seconds since the first request.
    var json: String {
        let (origin, counts) = state.withLock { ($0.origin, $0.counts) }
        func seconds(_ time: UInt64?) -> String {
            guard let time, let origin else { return "null" }
            return "\(Double(time - min(origin, time)) / 1e9)"
        }
        let parts = counts.map {
            "{\"outage\":\"\($0.outage.text)\",\"began\":\(seconds($0.began)),\"ended\":\(seconds($0.ended)),"
                + "\"failed\":\($0.failed),\"sentAgain\":\($0.sentAgain),\"held\":\($0.held)}"
        }
        return "[\(parts.joined(separator: ","))]"
    }
}
