import Foundation
import Model

/// Faults in local processes, by signals and control groups.
struct LocalFaults: FaultTools {
    let members: [(service: Service, component: Component)]
    let services: LocalServices
    let nursery: ServiceNursery
    let databases: Databases
    let ledger: Ledger

    func prepare(_ action: FaultAction, on part: String) throws { _ = try member(part) }

    func undo(of action: FaultAction, on part: String) throws -> FaultUndo {
        switch action {
        case .pause: return .resume
        case .throttle:
            let limit = try member(part).component.cpuLimit
            guard let path = services.cpuGroupPath(part) else { return .nothing }
            return .quota(group: path, cores: limit?.enforced == true ? limit?.cores : nil)
        default: return .nothing
        }
    }

    func make(_ action: FaultAction, on part: String) async throws {
        let (service, component) = try member(part)
        switch action {
        case .kill: try await service.killByFault()
        case .start: try await start(service, component)
        case .pause: try signal(service, SIGSTOP)
        case .throttle(let cores): try throttle(service, component, cores)
        default: break
        }
    }

    func takeBack(_ action: FaultAction, on part: String) throws {
        let (service, component) = try member(part)
        switch action {
        case .pause where service.pid != nil: try signal(service, SIGCONT)
        case .throttle:
            guard let path = services.cpuGroupPath(part) else { return }
            let limit = component.cpuLimit
            try CPUGroup(path: path).setQuota(limit?.enforced == true ? limit?.cores : nil)
        default: break
        }
    }

    /// A database lets only those in who log in: others it closes soon.
    func holder(of connections: Int, on part: String) throws -> any ConnectionHolder {
        let component = try member(part).component
        guard component.role != .database else {
            return HoldingProgram(
                services.storeCommand(["hold", "--connections", "\(connections)"], databases: databases))
        }
        guard let port = component.port else { throw unknown(part) }
        return IdleConnections(to: HostAndPort(host: LocalServices.host, port: port), count: connections)
    }

    private func member(_ part: String) throws -> (service: Service, component: Component) {
        guard let member = members.first(where: { $0.component.name == part }) else { throw unknown(part) }
        return member
    }

    /// To the whole process group, so that Nginx's workers are meant too.
    private func signal(_ service: Service, _ signal: Int32) throws {
        guard let pid = service.pid, kill(-pid, signal) == 0 else {
            throw Problem(.measurement, "\(service.definition.name) does not run")
        }
    }

    private func start(_ service: Service, _ component: Component) async throws {
        guard service.ending != nil, let port = component.port else {
            throw Problem(.measurement, "\(component.name) runs already")
        }
        try await nursery.restart(service, component.role.probe, port: port)
    }

    /// A part that the definition does not limit gets a group of its own, in which it stays.
    private func throttle(_ service: Service, _ component: Component, _ cores: Double) throws {
        guard let pid = service.pid else { throw Problem(.measurement, "\(component.name) does not run") }
        if component.cpuLimit?.enforced == true, let path = services.cpuGroupPath(component.name) {
            return try CPUGroup(path: path).setQuota(cores)
        }
        let group = try services.makeCPUGroup(component.name, cores: cores, ledger)
        for process in ProcessTable.pids where ProcessTable.entry(process)?.group == pid { group.add(process) }
        guard group.contains(pid) else {
            throw Problem(.machine, "\(component.name) could not be put into a control group")
        }
    }
}

extension Component.Role {
    /// How a part of the store's stack says that it is there.
    var probe: Probe {
        switch self {
        case .database: .mysql
        case .cache: .redis
        case .store: .http(path: "/health-check")
        case .balancer: .http(path: "/nginx-status")
        case .prometheus: .http(path: "/-/ready")
        case .other: .anything
        }
    }
}
