/// Carries frames to one peer and from it, in order: over pipes today, over a connection where agents dial out.
package protocol FrameChannel: Sendable {
    /// Takes the frame and returns at once; it goes out when the peer takes it. Without effect after the end.
    func send(_ frame: [UInt8])

    /// To be called once.
    /// - Parameter handler: gets what comes, one after the other, on a thread of the channel.
    func listen(_ handler: @escaping @Sendable (FrameEvent) -> Void)

    /// Sends what was taken before, then says no more. The peer hears of the end.
    func close()
}

package enum FrameEvent: Sendable, Equatable {
    /// - Parameter at: when it had come, in nanoseconds of the monotonic clock.
    case frame([UInt8], at: UInt64)
    /// The last event. nil where the peer ended the stream after a whole frame.
    case ended(FrameReader.Fault?)
}
