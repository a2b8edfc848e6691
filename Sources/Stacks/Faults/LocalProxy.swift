import Foundation
package import Model

/// The proxy of a local stack: a process of this program, which stands in for each part that faults need it for.
struct LocalProxy: Sendable {
    let link: ProxyLink
    let service: Service
    /// Where it makes its sockets.
    private let folder: String

    /// The program that is the proxy, which is built beside the store.
    static func program(beside store: String) -> String {
        ((store as NSString).deletingLastPathComponent as NSString).appendingPathComponent("storelab")
    }

    static func missing(_ program: String) -> Problem {
        Problem(.machine, "\(program) is not there", nextStep: "Build it: swift build -c release --product storelab")
    }

    /// - Throws: `Problem` with the last lines of its log when it does not start.
    static func start(
        _ request: ProxyRequest, _ services: LocalServices, _ serviceGroup: ServiceGroup
    ) async throws -> LocalProxy {
        let program = program(beside: services.storeExecutable)
        guard access(program, X_OK) == 0 else { throw missing(program) }
        let link = try ProxyLink()
        let service = try serviceGroup.launch(
            services.proxy(executable: program, seed: request.seed), input: link.given)
        do {
            _ = try await link.passages()
        } catch {
            throw ServiceGroup.didNotStart(service, within: .seconds(10))
        }
        return LocalProxy(link: link, service: service, folder: services.folder + "/" + ProxyLink.component)
    }

    /// Stands before a part from now on, for those who come over TCP.
    /// - Parameter own: the part's address, or the path of its Unix socket.
    /// - Returns: where they are to find it.
    func port(before part: String, at own: String) async throws -> Int {
        try await link.listen(for: part, upstream: own)
    }

    /// The same for those who come by a Unix socket: what the proxy costs for an exchange was two fifths less so than over TCP.
    func socket(before part: String, at own: String) async throws -> String {
        let path = folder + "/" + part
        try await link.listen(for: part, at: path, upstream: own)
        return path
    }
}

extension LocalServices {
    /// The Unix socket of a part before which the proxy stands; nil of others, and of Nginx, which would not start again
    /// after a kill, since it does not remove what it has left.
    package func socket(of part: String, _ role: Component.Role) -> String? {
        guard request.proxy?.asks(for: part, role) == true else { return nil }
        return switch role {
        case .database: folder + "/mariadb/mysql.sock"
        case .cache, .store: "\(folder)/\(part).sock"
        case .balancer, .prometheus, .other: nil
        }
    }

    package func proxy(executable: String, seed: UInt64) -> ServiceDefinition {
        ServiceDefinition(
            name: ProxyLink.component,
            command: Command(
                executable, ["proxy", "--control", "-", "--seed", "\(seed)"],
                environment: [Ledger.marker: workspace], folder: folder + "/" + ProxyLink.component),
            log: log(ProxyLink.component))
    }
}
