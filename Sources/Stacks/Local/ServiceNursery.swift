import Foundation
import Model

/// Owns the services of a stack: each runs in a task of the nursery's, and all end when it is cancelled.
package final class ServiceNursery: Sendable {
    private let arrivals: AsyncStream<Service>
    private let door: AsyncStream<Service>.Continuation
    private let ledger: Ledger

    package init(ledger: Ledger) {
        self.ledger = ledger
        (arrivals, door) = AsyncStream.makeStream()
    }

    /// Runs what is started, until the task is cancelled and every process is gone.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await service in arrivals { group.addTask { await service.run() } }
            group.cancelAll()
        }
    }

    /// Starts a service on a free port and waits until it answers. When another program takes the port in between, it is
    /// tried again on a new one.
    /// - Parameter preferred: the port to try first.
    /// - Throws: `Problem` with the last lines of the service's log.
    package func start(
        _ probe: Probe, at preferred: Int? = nil, within limit: Duration = .seconds(60),
        _ definition: (Int) throws -> ServiceDefinition
    ) async throws -> (service: Service, port: Int) {
        for attempt in 1... {
            guard let port = attempt == 1 ? preferred ?? LoopbackPort.free() : LoopbackPort.free() else {
                throw Problem(
                    .machine, "no free port on 127.0.0.1", nextStep: "End some programs that hold connections.")
            }
            let service = Service(try definition(port))
            let command = service.definition.command
            try service.definition.prepare()
            try ledger.record(.process(executable: Self.resolved(command.executable), folder: command.folder ?? ""))
            door.yield(service)
            if try await isReady(service, probe, port, within: limit) { return (service, port) }
            guard attempt < 3, Self.complainsOfPort(service) else { throw Self.didNotStart(service, within: limit) }
        }
        preconditionFailure("the loop above ends by itself")
    }

    /// Starts a service without a port of its own, and does not wait for it.
    /// - Parameter input: its standard input, closed here once the process has it.
    /// - Throws: `Problem` when its files or the ledger cannot be written.
    func launch(_ definition: ServiceDefinition, input: CInt) throws -> Service {
        let service = Service(definition, input: input)
        try definition.prepare()
        let command = definition.command
        try ledger.record(.process(executable: Self.resolved(command.executable), folder: command.folder ?? ""))
        door.yield(service)
        return service
    }

    /// Runs a service that has ended another time, with the same command on the same port, and waits until it answers.
    /// - Throws: `Problem` with the last lines of its log.
    func restart(_ service: Service, _ probe: Probe, port: Int, within limit: Duration = .seconds(60)) async throws {
        service.reset()
        door.yield(service)
        guard try await isReady(service, probe, port, within: limit) else {
            throw Self.didNotStart(service, within: limit)
        }
    }

    private func isReady(_ service: Service, _ probe: Probe, _ port: Int, within limit: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline, service.ending == nil {
            if service.pid != nil, await probe.succeeds(port: port), service.ending == nil { return true }
            try await Task.sleep(for: .milliseconds(15))
        }
        return false
    }

    private static func complainsOfPort(_ service: Service) -> Bool {
        let log = service.lastLines(20).lowercased()
        return service.ending != nil && (log.contains("in use") || log.contains("can't start server: bind"))
    }

    static func didNotStart(_ service: Service, within limit: Duration) -> Problem {
        let name = service.definition.name
        let how = service.ending.map { "\(name) \($0) while it started" } ?? "\(name) did not answer within \(limit)"
        let log = service.lastLines()
        return Problem(.measurement, log.isEmpty ? how : "\(how); its last log lines:\n\(log)")
    }

    private static func resolved(_ executable: String) -> String {
        URL(fileURLWithPath: executable).resolvingSymlinksInPath().path
    }
}
