/// A stretch of time that comes once, or again and again, counted from the first request. Times in nanoseconds.
package struct Window: Sendable, Equatable {
    package let after: UInt64
    package let length: UInt64
    /// From one beginning to the next; nil when it comes once.
    package let period: UInt64?

    package init(after: UInt64, length: UInt64, period: UInt64? = nil) {
        self.after = after
        self.length = length
        self.period = period.map { max($0, length, 1) }
    }

    /// - Parameter time: since the first request.
    /// - Returns: the end of the window that covers this time; nil outside.
    package func end(covering time: UInt64) -> UInt64? {
        guard time >= after else { return nil }
        let number = period.map { (time - after) / $0 } ?? 0
        let begin = after + number * (period ?? 0)
        return time < begin + length ? begin + length : nil
    }
}
