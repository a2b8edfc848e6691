package import Model

/// N users who think Z seconds and wait R seconds make N / (Z + R) requests per second (the interactive response time
/// law). A generator or a record that is far from it has a fault.
package struct LittlesLaw: Sendable, Equatable {
    package var users: Int
    /// Mean think time Z.
    package var thinkTime: Seconds
    /// Mean latency R of all requests that ended, failed ones too.
    package var latency: Seconds
    /// Requests per second that the law expects.
    package var expected: Double
    /// Requests that ended per second.
    package var measured: Double

    /// - Returns: nil when nothing ended, or when neither thinking nor waiting took any time.
    package init?(_ plateau: PlateauSummary, thinkTime: ThinkTime) {
        guard let latency = plateau.all.meanLatency, thinkTime.mean + latency > 0 else { return nil }
        users = plateau.users
        self.thinkTime = thinkTime.mean
        self.latency = latency
        expected = Double(plateau.users) / (thinkTime.mean + latency)
        measured = plateau.all.rate
    }

    /// (measured − expected) / expected.
    package var difference: Double { expected > 0 ? measured / expected - 1 : 0 }
}
