/// What is run to have an agent in a container: calls of Docker's command line.
package struct AgentContainer: Sendable, Equatable {
    package var executable: String
    /// Runs the agent; its standard streams are those of the call.
    package var run: [String]
    /// Removes the container by force.
    package var remove: [String]

    package init(executable: String, run: [String], remove: [String]) {
        (self.executable, self.run, self.remove) = (executable, run, remove)
    }
}

/// Gets an agent ready on the engine of a Docker context.
/// - Throws: a `Problem` that says what that engine or the way to it lacks.
package typealias PrepareAgentContainer = @Sendable (_ context: String) async throws -> AgentContainer
