/// Puts a load on an application and says every second what became of it: a generator in this process, or whatever else
/// can send requests or act as if it did. Call `stop()` at the end, also when no load was started.
package protocol LoadSource: Sendable {
    /// Each task once, one after the other, with every one of its bodies. Never throws: failures are in the results, and
    /// there are none when the source has stopped.
    func preflight() async -> [PreflightResult]

    /// Begins second 0. One sample per second, also when nothing happened; the last covers the part of a second before
    /// the end. The stream finishes after `stop()`; only the first call gets samples.
    func start() -> AsyncStream<SecondSample>

    /// Wall clock at the beginning of second 0; 0 before `start()`.
    var loadBegan: UnixTime { get }

    /// Moves the number of users towards `users`. Users that leave finish their request first. Without effect before
    /// `start()` and after `stop()`.
    /// - Parameters:
    ///   - ratePerSecond: users per second; infinite makes all changes at once.
    ///   - thinkingFirst: users that come begin in the middle of a thought; else with a request.
    func setUsers(_ users: Int, ratePerSecond: Double, thinkingFirst: Bool)

    /// Moves the rate of an open load, in a straight line and then holding it. Without effect on a load of users.
    /// - Parameters:
    ///   - perSecond: requests per second.
    ///   - seconds: how long the rate takes to get there.
    func setRate(_ perSecond: Double, over seconds: Seconds)

    /// Whether no user is left and no request under way; so it is, too, when no load runs.
    func isQuiet() async -> Bool

    /// Shares the load out anew among what is left of a source that has lost a part of itself; its users are then gone, and
    /// none is added before `setUsers`. Without effect on a source that has lost nothing.
    /// - Returns: whether anything is left.
    func regroup() async -> Bool

    /// Sends nothing new and waits for answers in flight, at most the load's timeout. A second call gets the same report.
    func stop() async -> GeneratorReport

    /// Of each task and kind of failure the first few.
    var failureExamples: [FailureExample] { get }

    /// Why it generates nothing any more although nobody has stopped it; nil while it does.
    var failure: Problem? { get }

    /// Of each sign in failed answers the first line that bore it.
    var signExamples: [SignKind: String] { get }
}

extension LoadSource {
    package var signExamples: [SignKind: String] { [:] }

    package func regroup() async -> Bool { true }

    package var failure: Problem? { nil }
}

/// A source that generates a part of a load, at instants that all parts have in common. Instants are nanoseconds of this
/// machine's monotonic clock, and may have passed a moment ago. Numbers of users and rates are those of the whole load.
package protocol PartialLoadSource: LoadSource {
    /// Does what `start` would have to do before second 0 and `preflight` has not done.
    func prepare() async

    /// Begins second 0 at the instant.
    func start(at origin: UInt64) -> AsyncStream<SecondSample>

    func setUsers(_ users: Int, ratePerSecond: Double, thinkingFirst: Bool, at time: UInt64)

    func setRate(_ perSecond: Double, over seconds: Seconds, at time: UInt64)
}

/// Makes the source of a part of a load on an endpoint.
/// - Parameters:
///   - threads: that it may use.
///   - sessions: requests of the whole of an open load that may wait for their answers at a time.
/// - Throws: a `Problem` when the endpoint has no address or the load cannot be sent.
package typealias MakePartialLoadSource =
    @Sendable (
        _ endpoint: Endpoint, _ load: LoadDefinition, _ part: LoadPart, _ threads: Int, _ sessions: Int
    ) throws -> any PartialLoadSource

/// Makes the source of one load on an endpoint.
/// - Throws: a `Problem` when the endpoint has no address or the load cannot be sent.
package typealias MakeLoadSource =
    @Sendable (_ endpoint: Endpoint, _ load: LoadDefinition) async throws ->
    any LoadSource
