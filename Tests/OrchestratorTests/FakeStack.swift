import Model
import Stacks
import Synchronization

/// A pretended stack, whose parts die when a test says so.
final class FakeStack: RunningStack {
    let components: [Component]
    let showsBacklog: Bool
    let restoresData: Bool
    private let orders: @Sendable () -> Int?
    private let restoring: @Sendable () throws -> Void
    private let dead = Mutex<[EndedPart]>([])
    private let count = Mutex(0)

    /// - Parameters:
    ///   - showsBacklog: whether it says of itself when it is done; else whether it is alive is found out by trying.
    ///   - restoresData: whether it says that it brings data back.
    ///   - restoring: called when the data set is to be restored.
    ///   - orders: how many there are; without, it has no data set.
    init(
        _ components: [Component] = [], showsBacklog: Bool = true, restoresData: Bool = true,
        restoring: @escaping @Sendable () throws -> Void = {},
        orders: (@Sendable () -> Int?)? = nil
    ) {
        self.components = components
        self.showsBacklog = showsBacklog
        self.restoresData = restoresData
        self.restoring = restoring
        self.orders = orders ?? { nil }
        dataset = orders.map { _ in DatasetFacts(users: 10, products: 10, ordersBefore: 5000, loadSeconds: 1) }
    }

    var restorations: Int { count.withLock { $0 } }

    func die(_ component: String) {
        dead.withLock { $0.append(EndedPart(component: component, story: "\(component) exited with code 1")) }
    }

    let endpoint = Endpoint(host: "127.0.0.1", port: 1)
    let prometheus: String? = nil
    let dataset: DatasetFacts?
    let deployed: [DeployedFile] = []
    func usage() -> [String: ComponentUsage] { [:] }
    func endedParts() -> [EndedPart] { dead.withLock { $0 } }
    func countOrders() async -> Int? { orders() }

    func restoreDataset() async throws {
        count.withLock { $0 += 1 }
        try restoring()
    }
}

extension Component {
    init(_ name: String, _ role: Role) { self.init(name: name, role: role, version: nil, address: "\(name):1") }
}
