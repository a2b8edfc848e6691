import Model

/// CPU that the calling thread uses, sampled second by second on that thread.
struct ThreadMeter {
    private var first: Seconds = 0
    private var last: Seconds = 0
    private var lastTime: UInt64 = 0
    private(set) var peak: Share = 0

    /// - Parameter time: nanoseconds of the monotonic clock.
    mutating func start(at time: UInt64) {
        first = Clocks.threadCPU
        last = first
        lastTime = time
    }

    mutating func sample(at time: UInt64) {
        let wall = Double(time - lastTime) / 1e9
        let cpu = Clocks.threadCPU
        // A part of a second that is too short says nothing of the busiest one.
        if wall >= 0.5 { peak = max(peak, (cpu - last) / wall) }
        last = cpu
        lastTime = time
    }

    mutating func stop(at time: UInt64) { sample(at: time) }

    var total: Seconds { last - first }
}
