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

    /// Whether the part was better where it passed: it rose by a tenth, or by a twentieth up to where it counts as full. What
    /// was not read there is taken to be new.
    func isWorse(full: Share = saturationLimit) -> Bool {
        guard let passed, let growth else { return failed > 0 }
        let before = signal.limit.flatMap { $0 > 0 ? passed / $0 : nil }
        let becameFull = (before ?? 1) < full && (closeness ?? 0) >= full && growth >= 1.05
        return growth >= 1.1 || becameFull
    }

    /// A tenth more at least, or new. What is far from its limit is not, whatever it was before.
    package var isGrown: Bool {
        if let closeness, closeness < 0.05 { return false }
        return growth.map { $0 >= 1.1 } ?? (failed > 0)
    }
}
