package import Model

/// Between which numbers of users the limit lies, by counting: how often each number held.
///
/// Outcomes near the limit contradict each other. What more users hold is pooled with what fewer broke until the share that
/// broke rises with the users (M. Ayer, H. D. Brunk, G. M. Ewing, W. T. Reid, E. Silverman, "An empirical distribution function
/// for sampling with incomplete information", Ann. Math. Stat. 26, 1955).
package struct LimitBracket: Sendable, Equatable {
    /// How often a number of users was measured, and how often it held.
    package struct Count: Sendable, Equatable {
        package var users: Int
        package var held: Int
        package var measured: Int
    }

    /// In ascending order of users.
    package private(set) var counts: [Count] = []

    package init() {}

    package mutating func record(users: Int, held: Bool) {
        let index = counts.firstIndex { $0.users >= users } ?? counts.endIndex
        if index == counts.endIndex || counts[index].users != users {
            counts.insert(Count(users: users, held: 0, measured: 0), at: index)
        }
        counts[index].measured += 1
        if held { counts[index].held += 1 }
    }

    /// The most users of those that held more often than not.
    package var passed: Count? {
        zip(counts, brokenShares).reversed().first { $0.1 < 0.5 }?.0
    }

    /// The fewest users of those that broke more often than not.
    package var failed: Count? {
        zip(counts, brokenShares).first { $0.1 > 0.5 }?.0
    }

    /// (failed − passed) / passed, or nil when a bound is missing.
    package var width: Share? {
        guard let passed, let failed, passed.users > 0 else { return nil }
        return Double(failed.users - passed.users) / Double(passed.users)
    }

    /// As narrow as asked, or as narrow as whole users allow.
    package func isClosed(precision: Share) -> Bool {
        guard let failed else { return false }
        guard let passed, let width else { return failed.users <= 1 }
        return failed.users - passed.users <= 1 || width <= precision
    }

    /// Per count the pooled share that broke, never falling with the users (pool adjacent violators).
    private var brokenShares: [Double] {
        var pools: [(broke: Int, measured: Int, counts: Int)] = []
        for count in counts {
            pools.append((count.measured - count.held, count.measured, 1))
            while pools.count > 1, let last = pools.last {
                let before = pools[pools.count - 2]
                guard before.broke * last.measured > last.broke * before.measured else { break }
                pools.removeLast(2)
                pools.append(
                    (before.broke + last.broke, before.measured + last.measured, before.counts + last.counts))
            }
        }
        return pools.flatMap { pool in
            repeatElement(Double(pool.broke) / Double(pool.measured), count: pool.counts)
        }
    }
}

extension LimitBracket {
    /// Steps that showed the way count outside of the trials' range only, and if they agree with it: they were too short to tell
    /// more.
    init(way: LimitBracket, trials: [LimitTrial]) {
        guard let least = trials.map(\.users).min(), let most = trials.map(\.users).max() else {
            self = way
            return
        }
        self.init()
        for count in way.counts {
            if count.users < least, count.held > 0 { record(users: count.users, held: true) }
            if count.users > most, count.held == 0 { record(users: count.users, held: false) }
        }
        for trial in trials {
            if let held = trial.held { record(users: trial.users, held: held) }
        }
    }
}
