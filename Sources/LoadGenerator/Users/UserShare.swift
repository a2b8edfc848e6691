package import Model

/// Which users of a load one loop has. Loops form groups: the first has the threads that were asked for, and users are
/// dealt out to them one by one; only the users for whom their descriptors are too few go to the next group.
package struct UserShare: Sendable, Equatable {
    /// Loops whose threads cost more than they bring are not made: then a load is refused descriptors, and says so.
    private static let mostLoops = 256

    /// Among all loops.
    package let index: Int
    package let loops: Int
    /// The number of its first user among all of the load, and the distance to its next one.
    private let first: Int
    private let stride: Int
    private let most: Int
    /// What the generator has of the load.
    private let part: LoadPart
    /// It has users only when there are more than the threads that were asked for can have.
    package let isSpare: Bool

    /// - Parameters:
    ///   - users: that the load will have at most.
    ///   - part: what the generator has of them, and deals out to its loops.
    ///   - threads: loops among which all users are dealt out while their descriptors suffice.
    ///   - room: users that a loop has descriptors for; nil where loops share theirs, so that more loops are of no use.
    package static func plan(users: Int, threads: Int, room: Int?, part: LoadPart = .whole) -> [UserShare] {
        let users = part.share(of: users)
        let needed = room.map { min((users + $0 - 1) / $0, mostLoops) } ?? 0
        let loops = max(threads, needed)
        return (0..<loops).map { index in
            let group = index / threads
            let (start, end) = (group * threads, min(loops, (group + 1) * threads))
            return UserShare(
                index: index, loops: loops, first: group * threads * (room ?? 0) + index - start, stride: end - start,
                most: end == loops ? .max : room ?? .max, part: part, isSpare: group > 0)
        }
    }

    /// How many of the load's first `users` are here.
    package func count(of users: Int) -> Int {
        let users = part.share(of: users)
        return users > first ? min(most, (users - first + stride - 1) / stride) : 0
    }

    /// The number among all users of the load of the one that is here after `position` others.
    package func number(_ position: Int) -> Int { part.number(first + position * stride) }

    /// The number of a user among all that ever come, where others came before it.
    package func ordinal(after others: Int) -> Int {
        // Those that come in the place of some that left have numbers beyond all that a load can have at a time.
        others < most ? number(others) : 1 << 40 | part.number(others * loops + index)
    }
}
