import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct BottleneckTests {
    /// Ten seconds that passed, then ten that failed.
    private func signal(
        _ kind: SignalKind, _ component: String, _ role: Component.Role?, _ passed: Double?, _ failed: Double?,
        limit: Double? = nil
    ) -> Signal {
        Signal(
            kind: kind, component: component, role: role, limit: limit,
            points: (1...20).map { Signal.Point(time: Double($0), value: $0 <= 10 ? passed : failed) })
    }

    private func find(
        _ signals: [Signal], validity: Validity? = nil, broken: CriterionMetric? = nil, isDisturbed: Bool = false
    ) -> Bottleneck {
        Bottleneck(
            signals: signals, passed: 0..<10, failed: 10..<20, validity: validity, broken: broken,
            isDisturbed: isDisturbed)
    }

    private var quiet: [Signal] {
        [
            signal(.cpu, "store-1", .store, 0.1, 0.12, limit: 0.5),
            signal(.cpu, "mariadb", .database, 0.2, 0.3, limit: 2),
            signal(.cpu, "redis", .cache, 0.05, 0.06, limit: 1), signal(.cpu, "machine", nil, 0.5, 0.8, limit: 2),
            signal(.mysqlConnections, "mariadb", .database, 10, 12, limit: 151),
            signal(.mysqlRefused, "mariadb", .database, 0, 0), signal(.mysqlAnswer, "mariadb", .database, 0.001, 0.002),
            signal(.redisAnswer, "redis", .cache, 0.0005, 0.001), signal(.nginxCrowded, "nginx", .balancer, 0, 0),
            signal(.mysqlPoolBusy, "store-1", .store, 1, 2, limit: 8),
            signal(.mysqlPoolWaiting, "store-1", .store, 0, 0),
            signal(.generatorBusy, "generator", nil, 0.1, 0.2, limit: 1),
        ]
    }

    private func quiet(but other: Signal...) -> [Signal] {
        quiet.filter { one in !other.contains { $0.kind == one.kind && $0.component == one.component } } + other
    }

    @Test func withoutEvidenceNothingIsNamed() {
        #expect(find(quiet).findings.isEmpty)
        #expect(!find(quiet).changes.isEmpty)
        #expect(find([]).findings.isEmpty && find([]).changes.isEmpty)
    }

    @Test func theStoreAtItsCPULimitIsNamedBeforeItsPoolThatFills() {
        let found = find(
            quiet(
                but: signal(.cpu, "store-1", .store, 0.3, 0.49, limit: 0.5),
                signal(.mysqlPoolBusy, "store-1", .store, 1, 8, limit: 8),
                signal(.mysqlPoolWaiting, "store-1", .store, 0, 40), signal(.mysqlPoolRefused, "store-1", .store, 0, 5))
        )
        #expect(found.findings.map(\.cause) == [.storeCPU, .mysqlPool])
    }

    @Test func aPoolThatMakesWaitIsNamedWhereNothingBehindItIsFull() throws {
        let found = find(
            quiet(
                but: signal(.mysqlPoolBusy, "store-1", .store, 0.6, 1, limit: 1),
                signal(.mysqlPoolWaiting, "store-1", .store, 0.2, 25)))
        let first = try #require(found.findings.first)
        #expect(first.cause == .mysqlPool)
        #expect(first.evidence.map(\.signal.kind) == [.mysqlPoolBusy, .mysqlPoolWaiting])
        #expect(first.evidence[0].closeness == 1)
    }

    @Test func whatTurnsWorkAwayAtItsOwnNumberGoesFirst() {
        let busyStore = signal(.cpu, "store-1", .store, 0.3, 0.5, limit: 0.5)
        let refusing = signal(.mysqlRefused, "mariadb", .database, 0, 3)
        #expect(find(quiet(but: busyStore, refusing)).findings.map(\.cause) == [.mysqlConnections, .storeCPU])
        let crowded = signal(.nginxCrowded, "nginx", .balancer, 0, 30)
        #expect(find(quiet(but: busyStore, crowded)).findings.first?.cause == .nginxConnections)
    }

    @Test func aSlowRedisIsToldFromASlowMachine() {
        let slow = signal(.redisAnswer, "redis", .cache, 0.001, 0.2)
        #expect(find(quiet(but: slow)).findings.map(\.cause) == [.redisSlow])
        // MySQL, asked by the same program at the same time, is as slow: it is not Redis.
        let both = quiet(but: slow, signal(.mysqlAnswer, "mariadb", .database, 0.001, 0.15))
        #expect(find(both).findings.isEmpty)
    }

    @Test func aGeneratorAtItsLimitIsNamedBeforeAll() {
        let limited = Validity(limited: [.threadBusy(share: 0.97, waiting: 0.5)])
        let signals = quiet(
            but: signal(.generatorBusy, "generator", nil, 0.4, 0.97, limit: 1),
            signal(.nginxCrowded, "nginx", .balancer, 0, 30))
        #expect(find(signals, validity: limited).findings.first?.cause == .generator)
        #expect(find(signals).findings.first?.cause == .nginxConnections)
        // It makes requests late, not refused.
        let refused = Bottleneck(
            signals: signals, passed: 0..<10, failed: 10..<20, validity: limited, broken: .errorRate)
        #expect(refused.findings.map(\.cause) == [.nginxConnections, .generator])
        let late = Bottleneck(signals: signals, passed: 0..<10, failed: 10..<20, validity: limited, broken: .p95)
        #expect(late.findings.first?.cause == .generator)
    }

    @Test func aGeneratorThatIsOnlyLateIsNotTheCause() {
        let late = Validity(limited: [.lateStarts(p95: 0.02)])
        #expect(find(quiet, validity: late).findings.isEmpty)
        let missed = Validity(limited: [.startsMissed(due: 100, sent: 50)])
        #expect(find(quiet, validity: missed).findings.map(\.cause) == [.generator])
    }

    @Test func aMachineThatOthersFillIsNotTheFirstCause() {
        let signals = quiet(
            but: signal(.cpu, "machine", nil, 1.5, 2, limit: 2),
            signal(.mysqlPoolWaiting, "store-1", .store, 0, 25))
        #expect(find(signals).findings.map(\.cause) == [.machineCPU, .mysqlPool])
        #expect(find(signals, isDisturbed: true).findings.map(\.cause) == [.mysqlPool, .machineCPU])
    }

    @Test func aPartThatItsOwnCPULimitStopsIsNamedAndNotTheStore() {
        let signals = quiet(
            but: signal(.cpu, "redis", .cache, 0.01, 0.015, limit: 0.02),
            signal(.mysqlPoolWaiting, "store-1", .store, 0, 25))
        #expect(find(signals).findings.map(\.cause) == [.mysqlPool])
        let stopped = find(signals + [signal(.throttled, "redis", .cache, 0.1, 0.98, limit: 1)])
        #expect(stopped.findings.map(\.cause) == [.redisCPU, .mysqlPool])
        #expect(stopped.findings.first?.evidence.map(\.signal.kind) == [.cpu, .throttled])
        let slow = signal(.redisAnswer, "redis", .cache, 0.0004, 0.13)
        let both = quiet(but: slow, signal(.cpu, "redis", .cache, 0.01, 0.02, limit: 0.02))
        #expect(find(both).findings.map(\.cause) == [.redisCPU, .redisSlow])
    }

    @Test func aLimitThatStopsItsPartAtTimesIsNamedWhereNothingElseIs() {
        let cpu = signal(.cpu, "redis", .cache, 0.008, 0.0137, limit: 0.02)
        func stopped(_ before: Double, _ now: Double) -> Signal {
            signal(.throttled, "redis", .cache, before, now, limit: 1)
        }
        let found = find(quiet(but: cpu, stopped(0.1, 0.35)), broken: .p50)
        #expect(found.findings.map(\.cause) == [.redisCPU])
        #expect(found.findings.first?.evidence.map(\.signal.kind) == [.cpu, .throttled])
        #expect(find(quiet(but: cpu, stopped(0.1, 0.35))).findings.isEmpty, "where every limit held, it was not full")
        #expect(find(quiet(but: cpu, stopped(0.1, 0.15)), broken: .p50).findings.isEmpty)
        #expect(
            find(quiet(but: cpu, stopped(0.5, 0.35)), broken: .p50).findings.isEmpty, "more so where the limits held")
        let waiting = signal(.mysqlPoolWaiting, "store-1", .store, 0, 25)
        #expect(find(quiet(but: cpu, stopped(0.1, 0.35), waiting), broken: .p50).findings.map(\.cause) == [.mysqlPool])
    }

    @Test func aMachineThatWasSlowerIsNamedBeforeAll() {
        let busyStore = signal(.cpu, "store-1", .store, 0.3, 0.5, limit: 0.5)
        let slower = signal(.calculation, "machine", nil, 0.001, 0.0013)
        #expect(find(quiet(but: busyStore, slower)).findings.map(\.cause) == [.machineSlower, .storeCPU])
        let similar = signal(.calculation, "machine", nil, 0.001, 0.00108)
        #expect(find(quiet(but: busyStore, similar)).findings.map(\.cause) == [.storeCPU])
        let nothingBefore = signal(.calculation, "machine", nil, nil, 0.0013)
        #expect(find(quiet(but: busyStore, nothingBefore)).findings.map(\.cause) == [.storeCPU])
        // A generator that had no room still stands behind the refusals that it cannot have made.
        let refusing = signal(.mysqlRefused, "mariadb", .database, 0, 3)
        let limited = Validity(limited: [.threadBusy(share: 0.97, waiting: 0.5)])
        #expect(
            find(quiet(but: slower, refusing), validity: limited, broken: .errorRate).findings.map(\.cause)
                == [.machineSlower, .mysqlConnections, .generator])
    }

    @Test func aPlateauThatFailedAtOnceHasTheSecondsBeforeIt() {
        let signals = [signal(.cpu, "store-1", .store, 0.5, 0.5, limit: 0.5)]
        let found = Bottleneck(signals: signals, passed: nil, failed: 19..<19)
        #expect(found.findings.map(\.cause) == [.storeCPU])
        #expect(found.changes.first?.passed == nil)
    }

    @Test func whatWasFullWhereAllHeldIsNoCauseButSaturatedAtBoth() throws {
        // As recorded: the store used a little less of its quota, and sixty times as many requests waited.
        let cpu = signal(.cpu, "store-1", .store, 0.147, 0.145, limit: 0.15)
        let stopped = signal(.throttled, "store-1", .store, 1, 1, limit: 1)
        let waiting = signal(.mysqlPoolWaiting, "store-1", .store, 0.5, 28)
        let found = find(quiet(but: cpu, waiting) + [stopped], broken: .p95)
        #expect(found.findings.map(\.cause) == [.storeCPU, .mysqlPool])
        #expect(found.findings.map(\.isWorse) == [false, true])
        #expect(found.risen.first?.signal.kind == .mysqlPoolWaiting)
        #expect(abs(try #require(found.risen.first?.growth) - 56) < 1e-9)
        #expect(!found.risen.contains { $0.signal.kind == .cpu && $0.signal.component == "store-1" })
    }

    @Test func whatBecameFullIsNamedBeforeWhatWasFull() {
        let store = signal(.cpu, "store-1", .store, 0.5, 0.5, limit: 0.5)
        let redis = signal(.cpu, "redis", .cache, 0.5, 0.95, limit: 1)
        #expect(find(quiet(but: store, redis)).findings.map(\.cause) == [.redisCPU, .storeCPU])
        #expect(find(quiet(but: store, redis)).findings.map(\.isWorse) == [true, false])
        // A twentieth more up to its limit is enough where it was not full before.
        let risen = signal(.cpu, "store-1", .store, 0.44, 0.47, limit: 0.5)
        #expect(find(quiet(but: risen)).findings.map(\.isWorse) == [true])
        let same = signal(.cpu, "store-1", .store, 0.46, 0.47, limit: 0.5)
        #expect(find(quiet(but: same)).findings.map(\.isWorse) == [false])
        // Without a plateau that passed there is nothing to compare with.
        let first = Bottleneck(signals: [store], passed: nil, failed: 10..<20)
        #expect(first.findings.map(\.isWorse) == [true])
        let refusing = signal(.mysqlRefused, "mariadb", .database, 3, 3)
        #expect(find(quiet(but: refusing)).findings.map(\.isWorse) == [false])
    }

    @Test func aReplicaFarFromTheOthersIsNamed() throws {
        func waiting(_ counts: [Double]) -> [Signal] {
            counts.enumerated().map { signal(.mysqlPoolWaiting, "store-\($0 + 1)", .store, 10, $1) }
        }
        let found = find(waiting([1.2, 239.8, 11.8]))
        #expect(found.deviations.map(\.change.signal.component) == ["store-2"])
        #expect(abs(try #require(found.deviations.first?.others) - 6.5) < 1e-9)
        // Its own numbers stand for the cause.
        #expect(found.findings.first?.evidence.first?.signal.component == "store-2")
        #expect(find(waiting([100, 120, 80])).deviations.isEmpty)
        #expect(find(waiting([0.1, 2, 0.1])).deviations.isEmpty, "two are few, whatever the others have")
        #expect(find(waiting([50])).deviations.isEmpty)
    }

    @Test func replicasNearestToTheirLimitStandFirst() {
        let found = find([
            signal(.cpu, "store-1", .store, 0.2, 0.46, limit: 0.5),
            signal(.cpu, "store-2", .store, 0.2, 0.5, limit: 0.5),
            signal(.cpu, "store-3", .store, 0.2, 0.1, limit: 0.5),
        ])
        #expect(found.findings.first?.evidence.map(\.signal.component) == ["store-2", "store-1"])
    }
}
