package import Model

/// Something that experiments are measured on: local processes, containers, or what runs already.
package protocol Stack: Sendable {
    /// `local`, `compose`, `swarm` or `url`; it stands in the record.
    var kind: String { get }
    /// The kind for one definition, where that decides.
    func kind(for definition: StackDefinition) -> String

    /// Brings a stack up, hands it to `body`, and takes down all of it however `body` ends, cancellation included.
    /// - Throws: `Problem` when the stack does not come up, else what `body` throws.
    func withRunning<Answer: Sendable>(
        _ request: StackRequest, _ body: @Sendable (any RunningStack) async throws -> Answer
    ) async throws -> Answer
}

extension Stack {
    package func kind(for definition: StackDefinition) -> String { kind }
}

/// What is to be brought up.
package struct StackRequest: Sendable, Equatable {
    package var definition: StackDefinition
    /// The one of the definition's policies that is in force.
    package var balancer: Balancer
    /// Users at most; connections are provided for.
    package var users: Int
    /// Folder for the logs of the stack's programs; it exists.
    package var logs: String
    /// Where Prometheus is to listen, for a person who knows the address by heart; nil for any free port.
    package var prometheusPort: Int?
    /// What the stack learns of secrets, so that they are kept out of the record.
    package var secrets: KnownSecrets
    /// nil where nothing is to stand between the parts.
    package var proxy: ProxyRequest?

    package init(
        definition: StackDefinition, balancer: Balancer, users: Int, logs: String, prometheusPort: Int? = nil,
        secrets: KnownSecrets = KnownSecrets(), proxy: ProxyRequest? = nil
    ) {
        self.proxy = proxy
        self.secrets = secrets
        self.prometheusPort = prometheusPort
        self.definition = definition
        self.balancer = balancer
        self.users = users
        self.logs = logs
    }
}

/// A stack that is up, with its data set loaded.
package protocol RunningStack: Sendable {
    /// Where the load goes.
    var endpoint: Endpoint { get }
    /// Base address of Prometheus, for example `http://127.0.0.1:9090`; nil where there is none.
    var prometheus: String? { get }
    var components: [Component] { get }
    /// nil where the data are not StoreLab's.
    var dataset: DatasetFacts? { get }
    /// The configuration as deployed.
    var deployed: [DeployedFile] { get }
    /// CPU and memory so far by component name; a component that is gone is left out.
    func usage() -> [String: ComponentUsage]
    /// Posts what its parts say of themselves, about once a second, until the task is cancelled. It fails silently: what
    /// is not posted was not measured.
    func watch(_ board: SignalBoard) async
    /// What watching it can tell of: a component of which nothing is posted did not answer. The others are not asked.
    var watchedComponents: [String] { get }
    /// What its parts wrote of their own trouble into their logs during a load that is over, and what became of them then.
    func signs(in window: LoadWindow) async -> SignRecord
    /// The components that ended although nobody stopped them.
    func endedParts() -> [EndedPart]
    /// Brings the data set back to what it was before the load. Nothing may be in flight.
    /// - Throws: `Problem` when it cannot.
    func restoreDataset() async throws
    /// Whether that brings any data back: it may do nothing, or only start a service anew.
    var restoresData: Bool { get }
    /// How often the path that answers once a replica is ready was asked so far, where these requests are like the load's.
    var readinessRequests: Int { get }
    /// Number of orders in the database; nil when it cannot be asked.
    func countOrders() async -> Int?
    /// Whether each replica shows its requests in flight under `/metrics`, as the store does.
    var showsBacklog: Bool { get }
    /// A folder of this run on the disk that holds the databases' data; nil where that is not known.
    var dataFolder: String? { get }
    /// What a reader of the record must know about the stack.
    var notes: [String] { get }
    /// What makes faults in it; nil where nothing of it is StoreLab's.
    var faults: (any FaultInjector)? { get }
    /// The components with what became of them, after the load.
    func finalComponents() async -> [Component]
    /// What a reader must know besides, and can only be told after the load.
    func finalNotes() async -> [String]
    /// Ends Prometheus in good order, so that all that it knows is on the disk, and copies its data. The last that is asked
    /// of the stack.
    /// - Parameter folder: it is made.
    /// - Throws: `Problem` when they cannot be kept.
    func keepPrometheus(in folder: String) async throws
}

extension RunningStack {
    package var showsBacklog: Bool { true }
    package var restoresData: Bool { true }
    package var dataFolder: String? { nil }
    package var notes: [String] { [] }
    package var readinessRequests: Int { 0 }
    package var faults: (any FaultInjector)? { nil }
    package func watch(_ board: SignalBoard) async {}
    package var watchedComponents: [String] {
        components.filter { [.database, .cache, .balancer].contains($0.role) }.map(\.name)
    }
    package func signs(in window: LoadWindow) async -> SignRecord { SignRecord() }
    package func finalComponents() async -> [Component] { components }
    package func finalNotes() async -> [String] { [] }
    package func keepPrometheus(in folder: String) async throws {
        throw Problem(.measurement, "this stack has no Prometheus of its own")
    }
}

package struct ComponentUsage: Sendable, Equatable {
    /// CPU seconds since the component began.
    package var cpuSeconds: Double
    /// Resident memory in bytes.
    package var memory: Int

    package init(cpuSeconds: Double, memory: Int) {
        self.cpuSeconds = cpuSeconds
        self.memory = memory
    }
}

/// A component that died.
package struct EndedPart: Sendable, Equatable {
    package var component: String
    /// How it ended and the last lines of its log.
    package var story: String
    /// Seconds that had passed when it was noticed, where it was noticed late.
    package var age: Int

    package init(component: String, story: String, age: Int = 0) {
        self.age = age
        self.component = component
        self.story = story
    }
}
