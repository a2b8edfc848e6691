import Model

/// The arrivals of an open load that are one loop's: which is next, which wait for a free session, and the sessions that
/// are free.
struct Arrivals {
    struct Arrival {
        /// Among all of the load, from 0.
        var number: Int
        var due: UInt64
    }

    let mostSessions: Int
    /// Sessions without a request; the one that was used last is used next, so that few stay warm.
    var idle: [User] = []
    private var marks: ArrivalMarks
    private let stride: Int
    private var schedule: RateSchedule?
    /// nil while nothing is to come.
    private(set) var nextDue: UInt64?
    private var waiting: [Arrival] = []
    private var waitingHead = 0

    /// - Parameters:
    ///   - index: of the loop: it has every `stride`-th arrival, so that a seed gives the same ones on any number of loops.
    init(marks: ArrivalMarks, index: Int, stride: Int, mostSessions: Int) {
        self.marks = marks
        self.stride = stride
        self.mostSessions = mostSessions
        for _ in 0..<index { self.marks.advance() }
    }

    mutating func follow(_ schedule: RateSchedule) {
        self.schedule = schedule
        nextDue = schedule.time(reaching: marks.mark)
    }

    mutating func stop() {
        schedule = nil
        nextDue = nil
        idle = []
        waiting = []
        waitingHead = 0
    }

    /// The arrival that is due now joins those that wait.
    mutating func take() {
        guard let due = nextDue else { return }
        waiting.append(Arrival(number: marks.number, due: due))
        for _ in 0..<stride { marks.advance() }
        nextDue = schedule?.time(reaching: marks.mark)
    }

    var hasWaiting: Bool { waitingHead < waiting.count }
    var nextWaiting: Arrival? { hasWaiting ? waiting[waitingHead] : nil }

    mutating func dropWaiting() {
        waitingHead += 1
        if waitingHead == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            waitingHead = 0
        } else if waitingHead > 4096, waitingHead * 2 > waiting.count {
            waiting.removeFirst(waitingHead)
            waitingHead = 0
        }
    }
}
