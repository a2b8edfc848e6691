package import Model

/// Each task once before the load. The ready path of somebody's own project may answer before what is behind it, such as a
/// database, does: what fails there as an application that still starts would is tried again for a while.
package struct PreflightCheck: Sendable {
    private static let patience = Duration.seconds(30)
    private static let pause = Duration.milliseconds(500)

    private let load: LoadDefinition
    private let source: any LoadSource
    /// nil where the application is no project that was just started.
    private let project: OwnProject?
    private let clock: any Clock<Duration>

    package init(
        load: LoadDefinition, source: any LoadSource, project: OwnProject?,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.load = load
        self.source = source
        self.project = project
        self.clock = clock
    }

    /// - Parameter tell: shows a person once that there is another try.
    /// - Returns: the results of the last try.
    package func run(_ tell: (String) -> Void = { _ in }) async -> [PreflightResult] {
        let waited = clock.stopwatch()
        var isTold = false
        while true {
            let results = await source.preflight()
            let failures = results.compactMap(\.failure)
            guard let project, !failures.isEmpty, failures.allSatisfy(\.kind.mayPass), waited() < Self.patience,
                (try? await clock.sleep(for: Self.pause)) != nil
            else { return results }
            if !isTold, let first = failures.first {
                tell(
                    "\(project.readyPath) answers, and the task \(first.task) does not yet (\(first.detail)): trying again for up "
                        + "to \(Self.patience.components.seconds) s")
                isTold = true
            }
        }
    }

    /// What is wrong with the first task that failed, and what to do about it.
    package func problem(_ failure: FailureExample) -> Problem {
        var problem = Problem(
            .measurement,
            "the task \(failure.task) fails before any load: \(failure.detail)"
                + (failure.response.isEmpty ? "" : "; the answer began: \(failure.response.prefix(200))"),
            nextStep: "Correct the task or the stack. This is not an overload.")
        guard let project, failure.kind.mayPass else { return problem }
        problem.message +=
            "; \(project.readyPath), the path of ready:, had answered \(Self.patience.components.seconds) s before"
        if let path = otherPath(than: project.readyPath) {
            problem.nextStep =
                "If the application answers \(project.readyPath) before it can work, name a path that needs its database: "
                + "ready: \(path). Else correct the task or the project."
        }
        return problem
    }

    /// Of a task that only reads, the one that failed before others.
    private func otherPath(than ready: String) -> String? {
        load.tasks.first { $0.method == .get && $0.pathPieces.isEmpty && $0.needs.isEmpty && $0.path != ready }?.path
    }
}

extension FailureKind {
    /// As of an application that has not started wholly.
    fileprivate var mayPass: Bool {
        switch self {
        case .refused, .reset, .timeout, .connect, .stream: true
        case .status(let code): code >= 500
        case .exhausted, .tls, .check, .malformed, .redirect: false
        }
    }
}
