/// All that was recorded of one variant of one experiment. The per-second samples lie beside it on disk.
package struct Measurement: Codable, Sendable, Equatable {
    /// The variant's name; nil where the experiment has only one.
    package var variant: String?
    /// 2 for the second time that the same was measured, and so on; nil for the first.
    package var repetition: Int?
    package var outcome: Outcome
    /// "local", "compose", "swarm" or "url".
    package var stackKind: String
    package var began: UnixTime
    package var ended: UnixTime
    /// When second 0 of the samples began.
    package var loadBegan: UnixTime?
    package var components: [Component]
    package var dataset: DatasetFacts?
    package var preflight: [PreflightResult]
    package var steps: [LoadStep]
    package var failures: [FailureExample]
    package var generator: GeneratorReport?
    package var prometheus: [PrometheusAnswer]
    package var counters: [CounterComparison]
    /// How often Prometheus looked at the application; nil where that is not known, and in records of versions that did not ask.
    package var scrapeInterval: Seconds?
    package var usage: [UsageSample]
    /// Beside CPU and memory; nil in records of versions that did not look.
    package var signals: SignalRecord?
    /// What parts and answers said of their own trouble; nil in records of versions that did not look.
    package var signs: SignRecord?
    /// In the order in which the phases ran.
    package var phases: [PhaseTiming]
    package var deployed: [DeployedFile]
    /// How often and how long what is measured was brought back between the steps of a search; nil when it was not, and in
    /// records of versions that did not say.
    package var restorations: Restorations?
    /// Components that ended under load although StoreLab did not stop them.
    package var losses: [ComponentLoss]?
    /// What was done to the stack during the load, as the definition asks; nil where it asks for nothing.
    package var faults: [FaultRecord]?
    /// What a reader must know about these figures, for example a CPU limit that was not enforced.
    package var notes: [String]

    package init(variant: String?, repetition: Int? = nil, stackKind: String, began: UnixTime) {
        self.variant = variant
        self.repetition = repetition
        outcome = .interrupted
        self.stackKind = stackKind
        self.began = began
        ended = began
        components = []
        preflight = []
        steps = []
        failures = []
        prometheus = []
        counters = []
        usage = []
        phases = []
        deployed = []
        notes = []
    }
}

package enum Outcome: Codable, Sendable, Equatable {
    case measured
    /// - Parameters:
    ///   - phase: where it stopped.
    ///   - reason: one line; it names the cause and the next step.
    case failed(phase: Phase, reason: String)
    case interrupted
}

package enum Phase: String, Codable, Sendable, CaseIterable {
    case stackUp = "stack up"
    case preflight = "pre-flight"
    case load = "load"
    case collect = "collect"
    case stackDown = "stack down"
}

package struct PhaseTiming: Codable, Sendable, Equatable {
    package var phase: Phase
    package var seconds: Seconds

    package init(phase: Phase, seconds: Seconds) {
        self.phase = phase
        self.seconds = seconds
    }
}

/// What a load is held at on a plateau.
package enum LoadLevel: Sendable, Hashable {
    /// Of a closed load: users, who wait for answers.
    case users(Int)
    /// Of an open load: requests that arrive per second, whether or not those before are answered.
    case arrivals(perSecond: Double)
}

/// A stretch of the load at one level: the ramp to it, the wait until it is steady, and the plateau.
package struct LoadStep: Codable, Sendable, Equatable {
    /// 0 of an open load.
    package var users: Int
    /// Of an open load: requests that arrive per second. nil of a closed one, and in records of versions that wrote it as
    /// users.
    package var rate: Double?
    package var purpose: Purpose
    /// Seconds since the load began.
    package var rampBegan: Seconds
    /// From here to `plateauEnded` the samples count for the answer, in whole seconds.
    package var plateauBegan: Int
    package var plateauEnded: Int
    /// What the run decided on the spot; the report decides again from the samples.
    package var passed: Bool
    /// Whether the plateau shows the application; nil in records of versions that did not judge.
    package var validity: Validity?
    /// After the step the application no longer answered; nil when it did, or when that was not checked.
    package var killed: Bool?
    /// nil when the application answered as it did before the load as the step began, or when that was not checked.
    package var unrecovered: Unrecovered?
    /// Orders in the database before the step's ramp and after its plateau; nil where they cannot be counted, and in records of
    /// versions that did not.
    package var ordersBegan: Int?
    package var ordersEnded: Int?

    package init(
        users: Int, rate: Double? = nil, purpose: Purpose, rampBegan: Seconds, plateauBegan: Int, plateauEnded: Int,
        passed: Bool, validity: Validity? = nil, killed: Bool? = nil
    ) {
        self.users = users
        self.rate = rate
        self.purpose = purpose
        self.rampBegan = rampBegan
        self.plateauBegan = plateauBegan
        self.plateauEnded = plateauEnded
        self.passed = passed
        self.validity = validity
        self.killed = killed
    }

    package var level: LoadLevel { rate.map { .arrivals(perSecond: $0) } ?? .users(users) }

    /// By how much the data set grew from the step's ramp to the end of its plateau, as a share of what it was.
    package var dataGrowth: Share? {
        guard let ordersBegan, let ordersEnded, ordersBegan > 0 else { return nil }
        return Double(ordersEnded - ordersBegan) / Double(ordersBegan)
    }

    /// Whose samples count for the answer, in seconds of the load; empty where it ended before it began.
    package var plateau: Range<Int> { plateauBegan..<max(plateauBegan, plateauEnded) }

    package enum Purpose: String, Codable, Sendable, CaseIterable {
        /// A stage of a ramp.
        case stage
        /// A search's way up to the first failure.
        case climb
        /// Between the bounds of an answer that need not be narrow.
        case bisect
        /// A full plateau near the limit, on which the answer rests.
        case trial
        /// In records of older versions: a second, full plateau at a bound of the answer.
        case confirm
    }
}

/// A process or container of the stack.
package struct Component: Codable, Sendable, Equatable {
    /// For example `mariadb`, `store-1`.
    package var name: String
    package var role: Role
    /// As the program itself says it; nil when it was not asked.
    package var version: String?
    /// `host:port`, as Prometheus labels it (`instance`) and Nginx names it (upstream).
    package var address: String
    package var cpuLimit: CPUQuota?
    /// Where it is reached from this machine, when that is not `address`; `host:port`.
    package var published: String?
    /// What a container runs.
    package var image: ContainerImage?
    /// How often a container was started again by itself; nil for processes.
    package var restarts: Int?
    /// The machine of a swarm on which it runs; nil of other stacks, and in records of versions without swarms.
    package var node: String?

    package init(
        name: String, role: Role, version: String?, address: String, cpuLimit: CPUQuota? = nil,
        published: String? = nil, image: ContainerImage? = nil, restarts: Int? = nil, node: String? = nil
    ) {
        self.node = node
        self.name = name
        self.role = role
        self.version = version
        self.address = address
        self.cpuLimit = cpuLimit
        self.published = published
        self.image = image
        self.restarts = restarts
    }

    package enum Role: String, Codable, Sendable {
        case database, cache, store, balancer, prometheus
        /// A part of the user's own project that is none of these.
        case other
    }
}

package struct ContainerImage: Codable, Sendable, Equatable {
    /// For example `mysql:8.4`.
    package var name: String
    /// Of its content: the registry's digest, else the image's own id.
    package var digest: String

    package init(name: String, digest: String) {
        self.name = name
        self.digest = digest
    }
}

package struct CPUQuota: Codable, Sendable, Equatable {
    package var cores: Double
    package var enforced: Bool
    /// How it is enforced (`cgroup v2`), or why it is not.
    package var how: String

    package init(cores: Double, enforced: Bool, how: String) {
        self.cores = cores
        self.enforced = enforced
        self.how = how
    }
}

/// Rows before and after the load. Where the data set was restored between steps, each step began with `ordersBefore`,
/// and `ordersAfter` is after the last one.
package struct DatasetFacts: Codable, Sendable, Equatable {
    package var users: Int
    package var products: Int
    package var ordersBefore: Int
    /// nil when it could not be asked any more.
    package var ordersAfter: Int?
    package var loadSeconds: Seconds
    /// How often the data set was restored between the steps of a search.
    package var restorations: Int

    package init(
        users: Int, products: Int, ordersBefore: Int, ordersAfter: Int? = nil, loadSeconds: Seconds,
        restorations: Int = 0
    ) {
        self.users = users
        self.products = products
        self.ordersBefore = ordersBefore
        self.ordersAfter = ordersAfter
        self.loadSeconds = loadSeconds
        self.restorations = restorations
    }
}

/// What happened between the steps of a search.
package struct Restorations: Codable, Sendable, Equatable {
    package var count: Int
    /// All together.
    package var seconds: Seconds
    /// Requests with which StoreLab asked meanwhile whether the service was ready, at its path for that; nil in older records.
    package var readinessRequests: Int?

    package init(count: Int, seconds: Seconds, readinessRequests: Int? = nil) {
        self.count = count
        self.seconds = seconds
        self.readinessRequests = readinessRequests
    }
}

/// A component that was lost under load.
package struct ComponentLoss: Codable, Sendable, Equatable {
    package var component: String
    /// Of the load: it was noticed in this second, or, where it was noticed late, had been silent since.
    package var second: Int

    package init(component: String, second: Int) {
        self.component = component
        self.second = second
    }
}

/// CPU use of the stack's components in one second, by component name, in cores.
package struct UsageSample: Codable, Sendable, Equatable {
    /// Seconds since the load began.
    package var time: Seconds
    /// Cores used by each component since the sample before. `generator` and `machine` stand for this program and for all.
    package var cores: [String: Double]
    /// Resident memory in bytes.
    package var memory: [String: Int]

    package init(time: Seconds, cores: [String: Double], memory: [String: Int]) {
        self.time = time
        self.cores = cores
        self.memory = memory
    }
}

/// A configuration file as it was deployed, kept with the record.
package struct DeployedFile: Codable, Sendable, Equatable {
    /// For example `nginx.conf`.
    package var name: String
    package var text: String

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}
