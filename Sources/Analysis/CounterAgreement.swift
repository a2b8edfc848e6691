package import Model

extension CounterComparison {
    package enum Agreement: Sendable, Equatable {
        case agrees
        /// - Parameter requests: Prometheus' count minus the generator's.
        case differs(requests: Double, share: Share?)
        case notMeasured
    }

    /// Counters of whole requests agree when they are equal.
    package var agreement: Agreement {
        guard let prometheus else { return .notMeasured }
        let difference = prometheus - Double(generator)
        if difference.magnitude < 0.5 { return .agrees }
        return .differs(requests: difference, share: generator > 0 ? difference / Double(generator) : nil)
    }
}
