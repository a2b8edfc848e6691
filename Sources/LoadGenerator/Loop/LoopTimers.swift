/// What a timer of a loop is for.
enum LoopTimer {
    /// Users are to come or go.
    case ramp
    /// A second of the record is over.
    case second
    /// A look at how late timers are.
    case pulse
    /// The next request of the user in this slot.
    case due(Int)
    /// The end of the wait for that user's answer.
    case deadline(Int)

    init(id: Int) {
        switch id {
        case 0: self = .ramp
        case 1: self = .second
        case 2: self = .pulse
        default: self = id & 1 == 1 ? .due((id - 3) / 2) : .deadline((id - 4) / 2)
        }
    }

    var id: Int {
        switch self {
        case .ramp: 0
        case .second: 1
        case .pulse: 2
        case .due(let slot): 3 + 2 * slot
        case .deadline(let slot): 4 + 2 * slot
        }
    }
}

/// The timers of one loop, on a grid of ticks since the load began. It reads no clock: times come in, in nanoseconds of
/// the monotonic clock.
struct LoopTimers {
    static let nanosecondsPerTick: UInt64 = 1_000_000

    /// When the load began.
    var origin: UInt64 = 0
    /// A turn of 16 s, longer than most deadlines: those of later turns would be passed over at each look at their slot.
    private var wheel = TimerWheel(slotBits: 14)
    /// No timer is due before it; `.max` while none is armed.
    private var nextTick = Int.max

    /// The first tick that is not before `time`.
    func tick(_ time: UInt64) -> Int {
        time > origin ? Int((time - origin + Self.nanosecondsPerTick - 1) / Self.nanosecondsPerTick) : 0
    }

    func time(of tick: Int) -> UInt64 { origin + UInt64(tick) * Self.nanosecondsPerTick }

    /// When the next timer may be due; nil while none is armed.
    var nextTime: UInt64? { nextTick == .max ? nil : time(of: nextTick) }

    func isArmed(_ timer: LoopTimer) -> Bool { wheel.isArmed(timer.id) }

    /// Arms the timer, or moves it.
    mutating func arm(_ timer: LoopTimer, at tick: Int) {
        wheel.arm(timer.id, at: tick)
        if tick < nextTick { nextTick = tick }
    }

    mutating func disarm(_ timer: LoopTimer) { wheel.disarm(timer.id) }

    /// The last tick that has begun, where a timer may be due by then.
    func dueTick(at now: UInt64) -> Int? {
        guard now >= origin else { return nil }
        let current = Int((now - origin) / Self.nanosecondsPerTick)
        return current >= nextTick ? current : nil
    }

    /// The next timer that is due at a tick that `dueTick` gave; nil when there is none left.
    mutating func popDue(at current: Int) -> LoopTimer? {
        guard let id = wheel.popDue(at: current) else {
            nextTick = wheel.nextWake() ?? .max
            return nil
        }
        // There may be more, even when the caller stops here.
        nextTick = current
        return LoopTimer(id: id)
    }
}
