package import Model
import Synchronization

/// Lets the number of users of a load be changed while it runs.
package final class Steering: Sendable {
    /// Users for which a load is prepared at least.
    package static let room = 10_000

    private let source = Mutex<(any LoadSource)?>(nil)
    private let wanted = Mutex<Int?>(nil)

    /// As many users as were asked for last; nil before the load begins.
    package var users: Int? { wanted.withLock { $0 } }

    package init() {}

    /// Makes the same sources, each prepared for as many users as may be asked for, and steers the newest.
    package func steering(_ make: @escaping MakeLoadSource) -> MakeLoadSource {
        { endpoint, load in
            self.wanted.withLock { $0 = load.shape.mostUsers(sessions: LoadShape.usualSessions) }
            var roomy = load
            let users = max(Self.room, load.shape.mostUsers(sessions: LoadShape.usualSessions))
            roomy.shape = .ramp([LoadStage(users: users, spawnRate: LoadStage.atOnce, hold: 1)])
            let made = try await make(endpoint, roomy)
            self.source.withLock { $0 = made }
            return made
        }
    }

    /// Within a second, or at 1,000 users per second where there are more.
    package func setUsers(_ users: Int) {
        let wanted = max(0, min(Self.room, users))
        self.wanted.withLock { $0 = wanted }
        source.withLock { $0 }?.setUsers(wanted, ratePerSecond: max(1000, Double(wanted)), thinkingFirst: false)
    }
}
