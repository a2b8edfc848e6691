/// How the loop keeps from being woken for each answer by itself.
extension UserLoop {
    /// A turn with as many events has gathered enough.
    private static let fullTurn = 16
    /// Per request in flight, in nanoseconds. A loop sends some 150,000 requests/s at most, and so an answer takes 6,700 ns
    /// or more for each that is in flight (Little's law): the pause adds less than one percent to it.
    private static let pausePerRequest: UInt64 = 50
    /// In nanoseconds: below it, sleeping costs more than it saves.
    private static let shortestPause: UInt64 = 10_000
    private static let longestPause: UInt64 = 50_000

    /// Sleeps for a moment where many requests are in flight and few answers come at a time. A server that is at its limit
    /// pays for each time that it wakes a loop which waits for events, and would have less left for answers; network
    /// cards hold back interrupts for the same reason.
    func letAnswersGather(after events: Int) {
        guard events < Self.fullTurn else { return }
        let pause = min(UInt64(recorder.inFlight) * Self.pausePerRequest, Self.longestPause, idleTime() ?? .max)
        if pause >= Self.shortestPause { Clocks.sleep(nanoseconds: pause) }
    }
}
