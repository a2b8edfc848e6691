/// What one user has: values that it took from answers, its cookies, its place among tasks that have an order, and the
/// numbers of its current request. Most loads need none of it.
final class UserValues {
    /// By the places of the load's variables.
    private(set) var values: [[UInt8]?]
    /// Bit i: the user has the i-th value.
    private(set) var had: UInt64 = 0
    var numbers: [Int] = []
    /// nil where the load keeps no cookies.
    var cookies: CookieJar?
    /// The redirect under way; nil for a task's own request.
    var hop: Hop?
    /// Tasks of the beginning that are done.
    private var onceDone = 0
    /// The step of a flow that comes next; nil between flows.
    private var nextStep: Int?

    /// A user who has nothing but what was taken for all.
    init(_ plan: LoadPlan) {
        values = Array(repeating: nil, count: plan.variables.count)
        if plan.keepsCookies { cookies = CookieJar() }
        for (variable, value) in plan.shared.values { keep(value, as: variable) }
    }

    func keep(_ value: [UInt8], as variable: Int) {
        values[variable] = value
        had |= 1 << UInt64(variable)
    }

    func forget(_ variables: UInt64) {
        for index in values.indices where variables & (1 << UInt64(index)) != 0 { values[index] = nil }
        had &= ~variables
    }

    /// After an answer to the task that passed its checks.
    func learn(_ taken: [[UInt8]], from task: PlannedTask) {
        forget(task.forgets)
        for (variable, value) in zip(task.takes, taken) { keep(value, as: variable) }
    }

    /// The cookies of an answer, whatever else it says.
    /// - Parameter request: the one that was answered.
    func store(_ fields: [[UInt8]], from origin: Origin, request: () -> [UInt8]) {
        guard cookies != nil, !fields.isEmpty else { return }
        let target = Array(request().split(separator: 0x20, maxSplits: 2).dropFirst().first ?? [])
        for field in fields { cookies?.store(field, from: origin, target: target, now: Int(Clocks.wall)) }
    }

    /// A task's request as this user sends it: with the cookies that fit, and to where a redirect has led.
    func dressed(_ request: [UInt8], of task: PlannedTask, for origin: Origin) -> [UInt8] {
        var dressed = hop?.applied(to: request) ?? request
        guard let cookies, !task.writesCookies, let line = dressed.firstRange(of: [0x0D, 0x0A]) else { return dressed }
        let target = Array(dressed[..<line.lowerBound].split(separator: 0x20, maxSplits: 2).dropFirst().first ?? [])
        let field = cookies.field(for: target, secure: origin.isSecure, now: Int(Clocks.wall))
        dressed.insert(contentsOf: field, at: line.upperBound)
        return dressed
    }

    // MARK: Order

    /// The task that comes next whatever its weight; nil where one is to be drawn.
    func inOrder(_ plan: LoadPlan) -> Int? {
        if onceDone < plan.beginning.count { return plan.beginning[onceDone] }
        guard let step = nextStep else { return nil }
        if plan.tasks[step].needs & ~had == 0 { return step }
        nextStep = nil
        return nil
    }

    /// A task has ended. One of the beginning is tried again until it is good; a flow ends with a step that is not.
    func ended(_ task: Int, good: Bool, in plan: LoadPlan) {
        switch plan.tasks[task].place {
        case .drawn: break
        case .beginning: if good { onceDone += 1 }
        case .step(let next): nextStep = good ? next : nil
        }
    }

    /// What another user can go on with.
    var session: Session {
        Session(values: values, had: had, cookies: cookies)
    }

    /// Goes on with what another has, whose beginning is over.
    func adopt(_ session: Session, in plan: LoadPlan) {
        (values, had, cookies) = (session.values, session.had, session.cookies)
        onceDone = plan.beginning.count
    }
}

/// Values and cookies of a user.
struct Session: Sendable {
    var values: [[UInt8]?]
    var had: UInt64
    var cookies: CookieJar?
}
