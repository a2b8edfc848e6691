package import Model

/// An application of known limit.
package struct SimulatedModel: Sendable {
    package var name: String
    /// Users at which half of all full plateaus break, under the load and the criteria of `SimulatedModel.load`: by long simulation
    /// (`storelab benchmark search --truth` makes them anew).
    package var limit: Double
    /// Seconds from a restart until plateaus are steady; those that a search lets pass, unless the application is slow to start.
    package var settle = 2
    package var make: @Sendable (_ seed: UInt64) -> any SimulatedApplication

    package static let criteria = [
        Criterion(metric: .errorRate, threshold: 0.01, window: 5, text: "error_rate > 1% for 5s"),
        Criterion(metric: .p95, threshold: 0.5, window: 5, text: "p95 > 500ms for 5s"),
    ]

    package static let plan = LimitSearchPlan(from: 25, to: 10_000, hold: 10, precision: 0.1, factor: 4)

    /// One to three seconds of thought, as in the lab's experiments.
    package static func load(seed: UInt64) -> LoadDefinition {
        LoadDefinition(
            tasks: [LoadTask(name: "request", weight: 1, method: .get, path: "/", expect: Check())],
            thinkTime: ThinkTime(minimum: 1, maximum: 3), shape: .findLimit(plan), seed: seed)
    }

    package static let all: [SimulatedModel] = [
        SimulatedModel(name: "one server", limit: 467.5) { QueueApplication(seed: $0) },
        SimulatedModel(name: "four servers", limit: 466.5) { seed in
            QueueApplication(seed: seed) { ($0.servers, $0.rate) = (4, 50) }
        },
        SimulatedModel(name: "constant service", limit: 485.5) { seed in
            QueueApplication(seed: seed) { $0.serviceTime = .constant }
        },
        SimulatedModel(name: "shared processor", limit: 419.5) { SharedProcessor(cores: 2, rate: 100, seed: $0) },
        SimulatedModel(name: "bounded queue", limit: 411.5) { seed in
            QueueApplication(seed: seed) { ($0.servers, $0.rate, $0.queue) = (20, 10, 30) }
        },
        SimulatedModel(name: "pauses", limit: 401.5) { seed in
            QueueApplication(seed: seed) { $0.pace = .pauses(every: 7, length: 0.4) }
        },
        SimulatedModel(name: "growing data", limit: 477.6) { seed in
            QueueApplication(seed: seed) { ($0.rate, $0.growth) = (250, 8000) }
        },
        SimulatedModel(name: "slow start", limit: 467.5, settle: 15) { seed in
            QueueApplication(seed: seed) { $0.pace = .warmUp(from: 0.33, seconds: 6) }
        },
        SimulatedModel(name: "collapse", limit: 420.4) { seed in
            QueueApplication(seed: seed) { $0.collapse = (60, 2) }
        },
        SimulatedModel(name: "one slow replica", limit: 316.5) { Replicas(rates: [50, 75, 75], seed: $0) },
        SimulatedModel(name: "wandering machine", limit: 458.4) { seed in
            QueueApplication(seed: seed) { $0.pace = .wander(deviation: 0.12, correlation: 0.95) }
        },
    ]
}
