/// Batches answers, so that the loop is not woken for each one.
extension UserLoop {
    /// A turn with this many events is a batch already.
    private static let fullTurn = 16
    /// Per request in flight, in nanoseconds. A loop sends about 150,000 requests/s at most, so by Little's law a latency is
    /// at least 6,700 ns for each request in flight: the pause adds less than one percent to it.
    private static let pausePerRequest: UInt64 = 50
    /// In nanoseconds. A shorter sleep costs more than it saves.
    private static let shortestPause: UInt64 = 10_000
    private static let longestPause: UInt64 = 50_000

    /// Sleeps for a moment where many requests are in flight and few answers come at a time. Each time that a busy server
    /// wakes a waiting loop, the wake-up costs the server CPU time that it lacks for answers. Network cards delay
    /// interrupts for the same reason (interrupt coalescing).
    func pauseToBatchAnswers(after events: Int) {
        guard events < Self.fullTurn else { return }
        let wanted = min(UInt64(recorder.inFlight) * Self.pausePerRequest, Self.longestPause)
        guard wanted >= Self.shortestPause else { return }
        let pause = min(wanted, idleTime() ?? .max)
        if pause >= Self.shortestPause { Clocks.sleep(nanoseconds: pause) }
    }
}
