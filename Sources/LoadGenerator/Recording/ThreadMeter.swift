import Model

/// CPU that the calling thread uses, sampled second by second on that thread.
struct ThreadMeter {
    private var first: Seconds = 0
    private var last: Seconds = 0
    private var lastWait: Seconds?
    private var lastTime: UInt64 = 0
    private(set) var peak: Share = 0

    /// - Parameter time: nanoseconds of the monotonic clock.
    mutating func start(at time: UInt64) {
        first = Clocks.threadCPU
        last = first
        lastWait = Self.waited
        lastTime = time
    }

    /// - Returns: the shares of the time since the last sample that the thread ran, and could have run but did not.
    mutating func sample(at time: UInt64) -> (cpu: Share, wait: Share?) {
        let wall = Double(time - lastTime) / 1e9
        guard wall > 0 else { return (0, nil) }
        let (cpu, waited) = (Clocks.threadCPU, Self.waited)
        let share = (cpu - last) / wall
        let wait = waited.flatMap { now in lastWait.map { (now - $0) / wall } }
        // A part of a second that is too short says nothing of the busiest one.
        if wall >= 0.5 { peak = max(peak, share) }
        last = cpu
        lastWait = waited
        lastTime = time
        return (share, wait)
    }

    var total: Seconds { last - first }

    /// The second number of this file: nanoseconds on a run queue.
    private static var waited: Seconds? {
        guard let text = SmallSystemFile.read("/proc/thread-self/schedstat") else { return nil }
        let numbers = text.split(separator: " ")
        return numbers.count > 1 ? UInt64(numbers[1]).map { Double($0) / 1e9 } : nil
    }
}
