/// A step that began although the application did not answer yet as it did before the load.
package struct Unrecovered: Codable, Sendable, Equatable {
    /// How long the step waited for it.
    package var waited: Seconds
    /// The task whose single request showed it last.
    package var task: String
    /// How that request failed; nil when it was answered as expected, but late.
    package var failure: FailureKind?
    package var latency: Seconds
    /// Of the task's single request before the load.
    package var latencyBefore: Seconds

    package init(
        waited: Seconds, task: String, failure: FailureKind?, latency: Seconds, latencyBefore: Seconds
    ) {
        self.waited = waited
        self.task = task
        self.failure = failure
        self.latency = latency
        self.latencyBefore = latencyBefore
    }
}
