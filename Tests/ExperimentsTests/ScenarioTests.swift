import Experiments
import Foundation
import Model
import TestSupport
import Testing

@Suite(.timed) struct ScenarioTests {
    let scenarios: [Experiment]

    init() throws {
        scenarios = try loadExperiments(paths: [checkout.appending(path: "experiments").path])
    }

    @Test func theFiveScenariosLoadInTheirOrder() {
        #expect(
            scenarios.map(\.name)
                == ["mysql-baseline", "mysql-limit", "redis-limit", "balanced-limit", "balancing-policies"])
        #expect(scenarios.map(\.question) == [1, 2, 3, 4, 5])
        #expect(scenarios.first?.sourceFile == "01-mysql-baseline.yaml")
        #expect(scenarios.map(\.comparesWith.count) == [0, 0, 1, 2, 0])
        #expect(scenarios.last?.variants.map(\.name) == ["round_robin", "least_conn", "ip_hash", "random"])
    }

    @Test func threeReplicasCanHaveTheCPUOfOne() throws {
        let file = checkout.appending(path: "experiments/optional/07-balanced-equal-cpu.yaml").path
        let equal = try #require(try loadExperiments(paths: [file]).first)
        let single = try #require(scenarios.first { $0.name == "redis-limit" })
        let (each, one) = (try #require(equal.stack.storeCPUs), try #require(single.stack.storeCPUs))
        #expect(abs(each * Double(equal.stack.replicas) - one) < 1e-9)
        #expect(equal.load.tasks.map(\.name) == single.load.tasks.map(\.name) && equal.criteria == single.criteria)
        #expect(equal.stack.dataset == single.stack.dataset)
    }

    @Test func theSixthIsAskedForByName() throws {
        let file = checkout.appending(path: "experiments/optional/06-redis-scan-orders.yaml").path
        let sixth = try #require(try loadExperiments(paths: [file]).first)
        #expect(!scenarios.map(\.name).contains(sixth.name))
        #expect(sixth.stack.series == StackSeries(backends: [.redisScan, .redis], orders: [0, 1000, 5000, 20_000]))
        #expect(
            sixth.variants.map(\.name) == [
                "redis-scan-0-orders", "redis-scan-1000-orders", "redis-scan-5000-orders", "redis-scan-20000-orders",
                "redis-0-orders", "redis-1000-orders", "redis-5000-orders", "redis-20000-orders",
            ])
        #expect(sixth.estimatedSeconds < 180)
    }

    /// Each is one change further than the one before, so that the report can say which change helped most.
    @Test func theSevenQuestionsChangeOneThingAtATime() throws {
        let names = [
            "13-mysql-n-plus-one", "14-mysql-one-query", "15-redis-one-query",
            "16-balanced-one-query",
        ]
        let set = try names.map { name in
            let file = checkout.appending(path: "experiments/optional/\(name).yaml").path
            return try #require(try loadExperiments(paths: [file]).first)
        }
        #expect(set.map(\.stack.prices) == [.perProduct, .perOrder, .perOrder, .perOrder])
        #expect(set.map(\.stack.backend) == [.mysql, .mysql, .redis, .redis])
        #expect(set.map(\.stack.replicas) == [1, 1, 1, 3])
        for (index, experiment) in set.enumerated() {
            #expect(experiment.comparesWith == set.prefix(index).map(\.name))
            #expect(experiment.load.tasks == set[0].load.tasks && experiment.criteria == set[0].criteria)
            #expect(
                experiment.stack.dataset == set[0].stack.dataset && experiment.stack.storeCPUs == set[0].stack.storeCPUs
            )
        }
    }

    /// The pair shows what the fallback is worth only if nothing else differs.
    @Test func redisIsPausedWithAndWithoutItsFallback() throws {
        let pair = try ["09-redis-paused", "12-redis-paused-fallback"].map { name in
            let file = checkout.appending(path: "experiments/optional/\(name).yaml").path
            return try #require(try loadExperiments(paths: [file]).first)
        }
        #expect(pair.map(\.stack.fallback) == [ReportFallback.none, .mysql] && pair[0].name != pair[1].name)
        var other = pair[1]
        (other.name, other.title, other.sourceFile) = (pair[0].name, pair[0].title, pair[0].sourceFile)
        other.stack.fallback = ReportFallback.none
        other.load.seed = pair[0].load.seed
        #expect(other == pair[0])
    }

    @Test func aVariantIsTheDefinitionWithItsOwnBackendAndOrders() throws {
        let stack = StackDefinition(
            backend: .mysql, replicas: 2, balancers: [.random], storeCPUs: 0.5,
            dataset: .generated(users: 1, products: 2, orders: 3, seed: 4),
            series: StackSeries(backends: [.mysql, .redis], orders: [3, 30]))
        var experiment = scenarios[0]
        experiment.stack = stack
        let last = stack.reduced(to: try #require(experiment.variants.last))
        #expect(last.backend == .redis && last.dataset == .generated(users: 1, products: 2, orders: 30, seed: 4))
        #expect(last.series == nil && last.balancers == [.random] && last.replicas == 2 && last.storeCPUs == 0.5)
        experiment.stack.series = StackSeries(backends: [.mysql, .redis], orders: [3])
        #expect(experiment.variants.map(\.name) == ["mysql", "redis"])
        experiment.stack.series = StackSeries(backends: [.mysql], orders: [3, 30])
        #expect(experiment.variants.map(\.name) == ["3-orders", "30-orders"])
        let policies = scenarios[4]
        #expect(
            policies.variants.map { policies.stack.reduced(to: $0).balancers } == [
                [.roundRobin], [.leastConnections], [.ipHash], [.random],
            ])
    }

    @Test func sizesOfThePartsAreRead() throws {
        let text = valid.replacing("balancer: none", with: "balancer: random").replacing(
            "store: { cpus: 0.5 }",
            with: """
                store: { cpus: 0.5, pool: 3 }
                  mysql: { connections: 20, cpus: 1 }
                  redis: {}
                  nginx: { cpus: 0.2 }
                """)
        let stack = try withFolder { folder in
            let file = folder.appending(path: "a.yaml")
            try Data(text.utf8).write(to: file)
            return try #require(try loadExperiments(paths: [file.path]).first).stack
        }
        #expect(stack.storeCPUs == 0.5 && stack.storePool == 3)
        #expect(stack.mysql == PartSettings(connections: 20, cpus: 1) && stack.redis == nil)
        #expect(stack.sizes.map(\.key) == ["store.pool", "mysql.connections", "mysql.cpus", "nginx.cpus"])
        #expect(stack.sizes.map(\.value) == [3, 20, 1, 0.2])
        #expect(scenarios.allSatisfy { $0.stack.sizes.isEmpty })
    }

    @Test(arguments: ["mysql: { connections: 20 }", "redis: { cpus: 1 }", "store: { pool: 2 }", "nginx: { cpus: 1 }"])
    func sizesOfWhatIsNotOursAreRefused(size: String) throws {
        let stack = valid.components(separatedBy: "load:")
        let head = try #require(stack.first?.components(separatedBy: "stack:").first)
        let text =
            head + "stack:\n  url: http://127.0.0.1:1\n  \(size)\nload:" + stack[1]
        let found = try faults(of: text)
        #expect(found.count == 1 && found[0].hasPrefix("6:3: ") && found[0].contains("leave it out"), "\(found)")
    }

    @Test func ordersCarryTwoFurtherItemsInThreeOfTen() throws {
        let order = try #require(scenarios[1].load.tasks.first)
        #expect(order.method == .post)
        #expect(order.bodies.map(\.share) == [0.7, 0.3])
        #expect(order.bodies.map { $0.pieces.filter { $0 == .randomInteger(1...10_000) }.count } == [1, 3])
        #expect(order.bodies.map { $0.pieces.filter { $0 == .randomInteger(1...3) }.count } == [1, 3])
        #expect(order.bodies.map { $0.pieces.filter { $0 == .randomInteger(1...1000) }.count } == [1, 1])
        #expect(order.expect == Check(status: 201, has: ["order_id"]))
    }

    @Test func limitsKeepTheTextThatTheUserWrote() {
        #expect(
            scenarios[1].criteria == [
                Criterion(metric: .errorRate, threshold: 0.01, window: 5, text: "error_rate > 1% for 5s"),
                Criterion(metric: .p95, threshold: 0.5, window: 5, text: "p95 > 500ms for 5s"),
            ])
    }

    @Test func aQuickRunKeepsWhatIsMeasuredAndShortensTheRest() throws {
        let baseline = scenarios[0].quickened
        #expect(baseline.load.shape == .ramp([LoadStage(users: 100, spawnRate: 50, hold: 10)]))
        #expect(baseline.criteria.map(\.text) == ["error_rate > 1% for 2s", "p95 > 500ms for 2s"])
        #expect(baseline.criteria.map(\.window) == [2, 2])
        #expect(baseline.load.timeout == 2)
        #expect(baseline.load.tasks == scenarios[0].load.tasks)
        #expect(baseline.stack == scenarios[0].stack)
        #expect(
            scenarios[1].quickened.load.shape
                == .findLimit(LimitSearchPlan(from: 100, to: 10_000, hold: 3, precision: 1, factor: 4)))
        #expect(
            scenarios[4].quickened.load.shape == .ramp([LoadStage(users: 200, spawnRate: 2500, hold: 4)]))
    }

    @Test func estimatesCountRampsPlateausAndVariants() {
        // The ramp, 3 s for the last user to think, the plateau.
        #expect(scenarios[0].estimatedSeconds == 100 + 3 + 60)
        #expect(scenarios[4].estimatedSeconds == 4 * (4 + 3 + 10))
        // Steps at 25, 100 … 25,600: 6; then 6 trials. Each is 2.5 s to restore the data set and let users come, 1 or 2 s for
        // them to think, and a plateau of 2 or 10 s.
        #expect(scenarios[1].estimatedSeconds == 6 * (2.5 + 1 + 2) + 6 * (2.5 + 2 + 10))
    }

    @Test func aQuickRunOfAllFitsItsTime() {
        let seconds = scenarios.map(\.quickened.estimatedSeconds).reduce(0, +)
        #expect(seconds <= 150)
    }
}
