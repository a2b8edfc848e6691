import Foundation
import Model

/// Waits for the containers of a project: for as long as their own health checks give them, and no longer for what has ended
/// for good.
struct ProjectWait: Sendable {
    let engine: DockerEngine
    let plan: ComposePlan
    /// Shows a person what is waited for.
    let tell: @Sendable (String) -> Void
    let requests: ReadinessRequests

    /// For a container whose health check allows no more, or that has none.
    private static let usual = Duration.seconds(60)
    private static let pause = Duration.milliseconds(200)

    /// Until each runs, and is healthy where it says so. A task of somebody's project that has done its work may have ended.
    /// - Throws: `Problem` with the last words of those that are not ready.
    func untilAllRun() async throws -> [Container] {
        let began = ContinuousClock.now
        var reminder = Reminder(tell)
        while true {
            let containers = try await Container.all(of: plan.project, engine.docker).filter { !hasWorked($0) }
            let waiting = containers.filter { !$0.isReady }
            let dead = waiting.filter { $0.status.name == "exited" }
            let replicas = containers.filter { $0.service == plan.service && $0.isRunning }.count
            if waiting.isEmpty, replicas == plan.replicas {
                return try await Container.all(of: plan.project, engine.docker)
            }
            let isOver = ContinuousClock.now - began > patience(with: waiting)
            if isOver || dead.contains(where: \.staysDown) || !dead.isEmpty && plan.demandsMetrics {
                throw await story(of: dead + waiting)
                    ?? Problem(.measurement, "of \(plan.replicas) replicas of \(plan.service) only \(replicas) run")
            }
            reminder.say("waiting until healthy: \(waiting.map(\.title).joined(separator: ", "))")
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Until some containers run, and are healthy where they say so.
    /// - Parameter listening: where they do not say so, something is to listen at a port of each; for at most the usual time.
    func untilReady(_ ids: [String], listening: Bool) async throws {
        let began = ContinuousClock.now
        var reminder = Reminder(tell)
        while true {
            var waiting: [Container] = []
            for container in try await Container.inspect(ids, engine.docker) {
                if await !isReachable(container, listening: listening) { waiting.append(container) }
            }
            guard !waiting.isEmpty else { return }
            let isOver = ContinuousClock.now - began > patience(with: waiting)
            if let story = await story(of: waiting.filter { isOver && !$0.isReady || $0.staysDown }) { throw story }
            if isOver { return }
            reminder.say("waiting until healthy: \(waiting.map(\.title).joined(separator: ", "))")
            try await Task.sleep(for: Self.pause)
        }
    }

    private func isReachable(_ container: Container, listening: Bool) async -> Bool {
        guard container.isReady else { return false }
        guard listening, container.status.health == nil, !container.ports.isEmpty else { return true }
        for port in container.ports where await Probe.anything.succeeds(host: port.host, port: port.port) {
            return true
        }
        return false
    }

    /// Until each replica answers, and then the entrance.
    /// - Parameter entrance: the published port of this machine.
    func untilReplicasAnswer(_ replicas: [Container], entrance: Int) async throws {
        let places = replicas.compactMap(\.address).map { HostAndPort(host: $0, port: plan.port) }
        let wait = ReplicaWait(
            replicas: places.count == replicas.count ? places : [],
            entrance: HostAndPort(host: "127.0.0.1", port: entrance), isBalanced: plan.balancer != nil
        ) { [path = plan.readyPath, requests] in
            await requests.succeeds(.answers(path: path), host: $0.host, port: $0.port)
        }
        try await until(plan.service) { check in
            try await wait.untilEachAnswers(check)
            return true
        }
    }

    /// - Parameter port: published, of this machine.
    func until(_ probe: Probe, port: Int, of service: String) async throws {
        try await until(service, at: "127.0.0.1:\(port)") { check in
            while await !requests.succeeds(probe, port: port) {
                try await check()
                try await Task.sleep(for: .milliseconds(50))
            }
            return true
        }
    }

    /// - Parameter body: waits, and calls what it is given between its tries, which throws when there is no use in waiting.
    private func until(
        _ service: String, at place: String = "", _ body: (() async throws -> Void) async throws -> Bool
    ) async throws {
        let began = ContinuousClock.now
        var reminder = Reminder(tell)
        var looked = began
        let patience = patience(with: try await Container.all(of: plan.project, engine.docker))
        _ = try await body {
            let now = ContinuousClock.now
            guard now - looked > .seconds(1) else { return }
            looked = now
            let its = try await Container.all(of: plan.project, engine.docker).filter { $0.service == service }
            if let dead = its.first(where: \.staysDown), let story = await story(of: [dead]) { throw story }
            reminder.say("waiting until \(service) answers")
            guard now - began > patience else { return }
            let log = await its.first?.lastLines(engine.docker, 8) ?? ""
            throw Problem(
                .measurement,
                "\(service) does not answer\(place.isEmpty ? "" : " at \(place)") within \(patience)"
                    + (log.isEmpty ? "" : "; its last log lines:\n\(log)"))
        }
    }

    /// How it ended, or why it is not ready, of the first of some containers.
    func story(of containers: [Container]) async -> Problem? {
        guard let first = containers.first else { return nil }
        let log = await first.lastLines(engine.docker, 8)
        return Problem(
            .measurement,
            "the container \(first.title) \(first.trouble)" + (log.isEmpty ? "" : "; its last log lines:\n\(log)"))
    }

    /// What fills the databases, or a task of somebody's project that ended well.
    private func hasWorked(_ container: Container) -> Bool {
        if container.service == plan.dataset { return true }
        return container.status.name == "exited" && container.status.exitCode == 0 && container.service != plan.service
    }

    /// The health checks of our own stack have more retries than anybody wants to wait for.
    private func patience(with containers: [Container]) -> Duration {
        guard !plan.demandsMetrics else { return Self.usual }
        return max(Self.usual, containers.compactMap(\.patience).max() ?? Self.usual)
    }
}

extension Container {
    /// For a person, for example `web-1`.
    var title: String { "\(service)-\(number)" }
}

/// Tells a person now and then that something still takes its time.
struct Reminder {
    private let tell: @Sendable (String) -> Void
    private let began = ContinuousClock.now
    private var next = Duration.seconds(10)

    init(_ tell: @escaping @Sendable (String) -> Void) { self.tell = tell }

    mutating func say(_ text: String) {
        let waited = ContinuousClock.now - began
        guard waited > next else { return }
        next = waited + .seconds(30)
        tell("\(text) (\(waited.components.seconds) s so far)")
    }
}
