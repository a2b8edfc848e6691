package import Model

/// The stacks of a run: each experiment says by its definition which it needs.
package struct StackChoice: Stack {
    /// For experiments on the store.
    private let store: any Stack
    /// For somebody's own Compose project; nil where no experiment has one.
    private let projects: ComposeStack?
    private let allowedHosts: [String]

    package init(store: any Stack, projects: ComposeStack?, allowedHosts: [String]) {
        self.store = store
        self.projects = projects
        self.allowedHosts = allowedHosts
    }

    package var kind: String { store.kind }

    package func kind(for definition: StackDefinition) -> String {
        switch definition.subject {
        case .store: store.kind
        case .project: "compose"
        case .running: "url"
        }
    }

    package func withRunning<Answer: Sendable>(
        _ request: StackRequest, _ body: @Sendable (any RunningStack) async throws -> Answer
    ) async throws -> Answer {
        switch request.definition.subject {
        case .store: return try await store.withRunning(request, body)
        case .project:
            guard let projects else {
                throw Problem(.machine, "the experiment needs a Compose project, but this run uses no Docker engine")
            }
            return try await projects.withRunning(request, body)
        case .running(let service):
            return try await ExternalStack(service, allowedHosts: allowedHosts).withRunning(request, body)
        }
    }
}
