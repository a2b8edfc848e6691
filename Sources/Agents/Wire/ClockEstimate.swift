package import Model

/// By how much the clock of a peer is ahead, from round trips: the peer's reading was taken somewhere between a ping and its
/// answer, so that the shortest round trip bounds the offset best (D. L. Mills, "Internet time synchronization: the network
/// time protocol", IEEE Transactions on Communications 39(10), 1991). Times are nanoseconds of monotonic clocks.
package struct ClockEstimate: Sendable, Equatable {
    private struct Trip: Equatable {
        var offset: Int64
        var length: UInt64
    }

    /// Round trips that are looked at: older ones say little of clocks that drift.
    package static let trips = 20

    private var newest: [Trip] = []

    package init() {}

    /// - Parameters:
    ///   - sent: when the ping was sent, by the clock here.
    ///   - peer: what the peer's clock showed as it answered.
    ///   - received: when the answer came, by the clock here.
    package mutating func add(sent: UInt64, peer: UInt64, received: UInt64) {
        guard received >= sent else { return }
        let middle = sent + (received - sent) / 2
        newest.append(Trip(offset: Int64(bitPattern: peer &- middle), length: received - sent))
        if newest.count > Self.trips { newest.removeFirst() }
    }

    package var count: Int { newest.count }

    private var shortest: Trip? { newest.min { $0.length < $1.length } }

    /// To be added to a time here for the same instant there.
    package var offset: Int64 { shortest?.offset ?? 0 }

    /// The offset is true within this; infinite before the first round trip.
    package var bound: Seconds { shortest.map { Double($0.length) / 2e9 } ?? .infinity }

    /// The longest of the round trips.
    package var longest: UInt64 { newest.map(\.length).max() ?? 0 }

    package func there(_ here: UInt64) -> UInt64 { UInt64(bitPattern: Int64(bitPattern: here) &+ offset) }
}
