extension Clock where Duration == Swift.Duration {
    /// Begins to count.
    /// - Returns: how long ago that was, whenever it is asked.
    func stopwatch() -> @Sendable () -> Swift.Duration {
        let began = now
        return { began.duration(to: now) }
    }
}
