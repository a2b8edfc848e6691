/// When the requests of one task's second were due. A request of latency L that ended in second s was due k or k + 1 seconds
/// before s, where k is L in whole seconds: k + 1 where it spans one more end of a second than its length makes certain.
package struct DueSecond: Codable, Sendable, Equatable {
    /// Of `TaskSecond.succeeded`, those due k + 1 seconds before.
    package var succeededEarlier: Distribution
    /// Of `TaskSecond.failed`, those due k + 1 seconds before.
    package var failedEarlier: Distribution
    /// Requests under way at the end of the second by the time since they were due, in sixteenths of a second, rounded down.
    package var open: Distribution

    package init(
        succeededEarlier: Distribution = Distribution(), failedEarlier: Distribution = Distribution(),
        open: Distribution = Distribution()
    ) {
        self.succeededEarlier = succeededEarlier
        self.failedEarlier = failedEarlier
        self.open = open
    }
}
