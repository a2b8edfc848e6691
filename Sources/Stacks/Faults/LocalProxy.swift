import Foundation
import Model

/// The proxy of a local stack: a process of this program, which stands in for each part that faults need it for.
struct LocalProxy: Sendable {
    let request: ProxyRequest
    let link: ProxyLink
    let service: Service

    /// The program that is the proxy, which is built beside the store.
    static func program(beside store: String) -> String {
        ((store as NSString).deletingLastPathComponent as NSString).appendingPathComponent("storelab")
    }

    static func missing(_ program: String) -> Problem {
        Problem(.machine, "\(program) is not there", nextStep: "Build it: swift build -c release --product storelab")
    }

    /// - Throws: `Problem` with the last lines of its log when it does not start.
    static func start(
        _ request: ProxyRequest, _ services: LocalServices, _ nursery: ServiceNursery
    ) async throws -> LocalProxy {
        let program = program(beside: services.storeExecutable)
        guard access(program, X_OK) == 0 else { throw missing(program) }
        let link = try ProxyLink()
        let service = try nursery.launch(
            services.proxy(executable: program, seed: request.seed), input: link.given)
        do {
            _ = try await link.passages()
        } catch {
            throw ServiceNursery.didNotStart(service, within: .seconds(10))
        }
        return LocalProxy(request: request, link: link, service: service)
    }

    /// Where a part's consumers are to find it.
    /// - Parameter port: where it listens itself.
    /// - Returns: the same where no fault needs a proxy for it.
    func port(of part: String, _ role: Component.Role, at port: Int) async throws -> Int {
        guard request.asks(for: part, role) else { return port }
        return try await link.listen(for: part, upstream: "\(LocalServices.host):\(port)")
    }
}

extension LocalServices {
    package func proxy(executable: String, seed: UInt64) -> ServiceDefinition {
        ServiceDefinition(
            name: ProxyLink.component,
            command: Command(
                executable, ["proxy", "--control", "-", "--seed", "\(seed)"],
                environment: [Ledger.marker: workspace], folder: folder + "/" + ProxyLink.component),
            log: log(ProxyLink.component))
    }
}
