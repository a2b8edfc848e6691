import Model

/// The proxy in a project's containers, and the way to its control: a call of Docker's command line that stays. When this
/// program ends, so does that, and the proxy takes its faults back.
struct ComposeProxy {
    let engine: DockerEngine
    let plan: ComposePlan
    let nursery: ServiceNursery
    /// Folders of StoreLab's own: for files, and for logs.
    let own: (folder: String, logs: String)

    /// - Returns: nil where the plan has no proxy.
    /// - Throws: `Problem` with the last words of what does not answer.
    func connect(_ containers: [Container]) async throws -> ProxyLink? {
        guard let proxy = plan.proxy else { return nil }
        guard let container = containers.first(where: { $0.service == proxy.service }) else {
            throw Problem(.measurement, "the container \(proxy.service) is gone")
        }
        let link = try ProxyLink(parts: Set(proxy.listeners.map(\.part)))
        let service = try nursery.launch(
            ServiceDefinition(
                name: ProxyLink.component,
                // Its standard input is a socket, which takes the answers too.
                command: Command(
                    "/bin/sh",
                    [
                        "-c", "exec \"$0\" \"$@\" >&0", engine.docker.executable, "exec", "--interactive", container.id,
                        "/usr/bin/storelab", "proxy-control", ProxyPlan.control,
                    ], environment: engine.docker.environment, folder: own.folder),
                log: "\(own.logs)/proxy-control.log"),
            input: link.given)
        do {
            _ = try await link.passages()
        } catch {
            throw ServiceNursery.didNotStart(service, within: .seconds(10))
        }
        return link
    }
}
