package import Model

/// A way to an agent that runs now.
package struct AgentConnection: Sendable {
    package var channel: any FrameChannel
    /// Ends at once what carries the channel on this machine; an agent on this machine, too.
    package var kill: @Sendable () -> Void
    /// The last line that the agent, or what leads to it, wrote to standard error; empty where it was silent.
    package var complaint: @Sendable () async -> String

    package init(
        channel: any FrameChannel, kill: @escaping @Sendable () -> Void = {},
        complaint: @escaping @Sendable () async -> String = { "" }
    ) {
        self.channel = channel
        self.kill = kill
        self.complaint = complaint
    }
}

/// Starts the agent of an address.
/// - Throws: a `Problem` that says what that machine or the way to it lacks.
package typealias ConnectAgent = @Sendable (AgentAddress) async throws -> AgentConnection
