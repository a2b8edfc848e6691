package import Model

/// What one fault cost, from the generator's own counts against the plateau before it.
///
/// - A request belongs to the second in which it was due. One that was under way at the onset and failed after it belongs to the
///   onset's second.
/// - All is well again from the first second on that begins `calm` seconds, each of which keeps the criteria and fails no more
///   requests than before (one-sided binomial test), and from which every `steady` seconds, taken together, do so too
///   (Fisher's exact test), for as long as the fault is in force. A request that fails now and then, as when Nginx tries a dead
///   server again, does not put it off.
/// - Lost are the failed requests from the onset until then, less what the usual error rate explains; where none failed before,
///   that is an exact count. What fails later is counted apart, and so is what is still open when the load ends: it is neither
///   lost nor answered.
/// - The share of the error budget is that of the requests which the objective permits to fail in its period at the rate before
///   (Google, "The Site Reliability Workbook", 2018, chapter 2: the budget is 1 minus the objective, of all events of the
///   period).
package struct FaultBill: Sendable, Equatable {
    /// Seconds that are looked at together. Nginx tries a lost server again after 5 s as the store's configuration has it, and
    /// after 10 s where nothing is configured.
    package static let steady = 10
    /// Seconds that must be well each by itself at the beginning of these.
    package static let calm = 3
    /// How often a second, or all of them, may be said wrongly to have failed more often than before.
    static let chance = 0.01

    /// Seconds of the load and what they showed.
    package struct Stretch: Sendable, Equatable {
        package var seconds: Range<Int>
        /// Requests that succeeded per second.
        package var perSecond: Double
        /// Latencies of successes; nil where there were none.
        package var p50: Seconds?
        package var p95: Seconds?
    }

    package enum Recovery: Sendable, Equatable {
        /// Seconds from the onset to the beginning of the first second of those that were well.
        case after(Seconds)
        /// The load's level, or the time until the next fault, ended first. At least so long it was not well.
        case unknown(atLeast: Seconds, End)
    }

    package enum End: String, Sendable {
        case nextFault
        /// The plateau's, or the load's.
        case load
    }

    package enum Kept: Sendable, Equatable {
        /// No fewer requests succeeded per second than chance explains, by how the seconds before differ among themselves.
        case withinNoise
        case less
        /// There were too few seconds before to say which.
        case unknown
    }

    /// What a replica answered per second before the fault, and once all was well again, as Prometheus counted it.
    package struct Share: Sendable, Equatable {
        package var replica: String
        package var before: Double
        package var after: Double

        package init(replica: String, before: Double, after: Double) {
            self.replica = replica
            self.before = before
            self.after = after
        }
    }

    /// When it was asked for, and when that had been done, in seconds since the load began.
    package var began: Seconds
    package var done: Seconds
    /// nil where no second of the same level came before it.
    package var before: Stretch?
    /// Failed requests as a share of those that ended before.
    package var usualErrors: Model.Share
    package var during: Stretch?
    /// From the onset to the first failure; nil where none failed, or when is not recorded.
    package var firstFailure: Seconds?
    /// Failed requests from the onset until all was well, by kind.
    package var failures: [FailureCount]
    /// Of these, what the usual error rate does not explain.
    package var lost: Int
    /// Requests of that time that were open when the load ended.
    package var open: Int
    /// Failed after all was well, until the next fault or the level's end, beyond the usual error rate.
    package var failedLater: Int
    /// Of the objective's whole period; nil without an objective.
    package var budgetShare: Model.Share?
    /// Requests that succeeded per second during the fault, as a share of those before.
    package var throughputKept: Model.Share?
    package var kept: Kept
    package var recovery: Recovery
    /// From the onset until the criteria are kept, whatever the error rate was before.
    package var withinLimits: Recovery
    /// From the onset until the p95 is again at most a tenth above the slowest second before; nil without seconds before.
    package var latencyAsBefore: Recovery?
    package var shares: [Share]
    /// The definition's other faults whose onset lies in the same second: they are billed together.
    package var together: [Int]
    /// The second from which all was well; nil where that is not known.
    package var untilWell: Int?

    package var failed: Int { failures.reduce(0) { $0 + $1.count } }

    package var addedP50: Seconds? { Self.added(before?.p50, during?.p50) }
    package var addedP95: Seconds? { Self.added(before?.p95, during?.p95) }

    private static func added(_ before: Seconds?, _ during: Seconds?) -> Seconds? {
        guard let before, let during else { return nil }
        return during - before
    }
}

/// A fault as it was done, and its bill.
package struct BilledFault: Sendable, Equatable {
    package var record: FaultRecord
    package var bill: FaultBill
}

/// The bills of a measurement.
package struct FaultBills: Sendable, Equatable {
    /// In the order of time.
    package var faults: [BilledFault]
    /// The same calculation at a second at which nothing was done; nil where no quiet stretch is long enough.
    package var control: FaultBill?
}
