package import Model

/// A signal on two plateaus: the last that passed and the first that failed.
package struct SignalChange: Sendable, Equatable {
    package var signal: Signal
    /// Mean on the plateau that passed; nil where none did, or nothing was read.
    package var passed: Double?
    package var failed: Double

    package init?(_ signal: Signal, passed: Range<Int>?, failed: Range<Int>) {
        guard let value = signal.mean(failed) else { return nil }
        self.signal = signal
        // What the machine used beyond its parts may come out a little below nothing.
        self.passed = passed.flatMap(signal.mean).map { max(0, $0) }
        self.failed = max(0, value)
    }

    /// The value where it failed, as a share of what it cannot pass.
    package var closeness: Share? { signal.limit.flatMap { $0 > 0 ? failed / $0 : nil } }

    /// How many times as much where it failed; nil where there was nothing before.
    package var growth: Double? { passed.flatMap { $0 > 0 ? failed / $0 : nil } }

    /// A tenth more at least, or new. What is far from its limit is not, whatever it was before.
    package var isGrown: Bool {
        if let closeness, closeness < 0.05 { return false }
        return growth.map { $0 >= 1.1 } ?? (failed > 0)
    }
}
