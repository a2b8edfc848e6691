import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct StackEvidenceTests {
    private func answer(_ name: String, _ values: [String: Double?], error: String? = nil) -> PrometheusAnswer {
        PrometheusAnswer(
            name: name, query: name, kind: .instant(at: 0),
            series: values.map { .init(labels: ["replica": $0.key], points: [.init(time: 0, value: $0.value)]) },
            error: error)
    }

    private func measurement(_ answers: [PrometheusAnswer], replicas: Int = 0) -> Measurement {
        var measurement = Measurement(variant: nil, stackKind: "local", began: 0)
        measurement.prometheus = answers
        measurement.components = (0..<replicas).map {
            Component(
                name: "store-\($0 + 1)", role: .store, version: nil, address: "",
                cpuLimit: CPUQuota(cores: 0.5, enforced: true, how: "cgroup v2"))
        }
        return measurement
    }

    @Test func sharesAreRisesBetweenTheTwoInstants() throws {
        let found = measurement([
            answer("requests_before", ["store-1": 10, "store-2": 10]),
            answer("requests_after", ["store-1": 110, "store-2": 310]),
            answer("errors_before", ["store-1": 0]), answer("errors_after", ["store-1": 4]),
        ]).replicaShares()
        guard case .value(let shares) = found else {
            Issue.record("not measured")
            return
        }
        #expect(shares.map(\.replica) == ["store-1", "store-2"])
        #expect(shares.map(\.requests) == [100, 300])
        #expect(shares.map(\.share) == [0.25, 0.75])
        #expect(shares.map(\.errors) == [4, 0])
    }

    @Test func aReplicaThatNothingReachedHasNone() {
        let found = measurement(
            [answer("requests_before", [:]), answer("requests_after", ["store-2": 50])], replicas: 11
        ).replicaShares()
        guard case .value(let shares) = found else {
            Issue.record("not measured")
            return
        }
        #expect(shares.count == 11)
        #expect(shares[1].share == 1)
        #expect(shares.last?.replica == "store-11")
        #expect(shares.last?.requests == 0)
        #expect(shares.last?.errors == nil)
    }

    @Test func aCounterThatFellBeganAnew() {
        let found = measurement([
            answer("requests_before", ["store-1": 1000]), answer("requests_after", ["store-1": 30]),
        ]).replicaShares()
        #expect(found == .value([ReplicaShare(replica: "store-1", requests: 30, share: 1, errors: nil)]))
    }

    @Test func withoutBothInstantsNothingIsMeasured() {
        #expect(measurement([]).replicaShares() == .notMeasured(reason: ""))
        #expect(
            measurement([answer("requests_after", ["store-1": 1])]).replicaShares() == .notMeasured(reason: ""))
        let failed = answer("requests_before", [:], error: "timed out")
        #expect(
            measurement([failed, answer("requests_after", ["store-1": 1])]).replicaShares()
                == .notMeasured(reason: "timed out"))
    }

    private let host = Host(system: "", kernel: "", processor: "", cores: 2, memory: 0, openFiles: 0)

    private func usage(_ time: Double, store: Double, machine: Double) -> UsageSample {
        UsageSample(time: time, cores: ["store-1": store, "machine": machine], memory: [:])
    }

    @Test func aPartIsHeldAgainstWhatItMayUse() {
        var busy = measurement([], replicas: 1)
        // Only the samples of the plateau count.
        busy.usage = (1...20).map { usage(Double($0), store: $0 > 10 ? 0.48 : 0.05, machine: 1) }
        let found = Saturation(busy, seconds: 10..<20, host: host)
        #expect(found.parts.map(\.name) == ["store-1", "machine"])
        #expect(abs((found.parts.first?.share ?? 0) - 0.96) < 1e-9)
        let before = Saturation(busy, seconds: 0..<10, host: host)
        #expect(abs((before.parts.first?.share ?? 0) - 0.1) < 1e-9)
    }

    @Test func theMachineIsHeldAgainstItsCores() {
        var busy = measurement([], replicas: 1)
        busy.usage = [usage(1, store: 0.1, machine: 1.9)]
        let machine = Saturation(busy, seconds: 0..<1, host: host).parts.last
        #expect(machine?.name == "machine")
        #expect(abs((machine?.share ?? 0) - 0.95) < 1e-9)
    }

    @Test func whatOthersUsedIsTheRestOfTheMachine() throws {
        var shared = measurement([], replicas: 1)
        shared.usage = [usage(1, store: 0.4, machine: 1.5)]
        let found = Saturation(shared, seconds: 0..<1, host: host)
        #expect(abs(try #require(found.rest) - 1.1) < 1e-9)
        #expect(found.isDisturbed)
        shared.usage = [usage(1, store: 0.4, machine: 0.5)]
        #expect(!Saturation(shared, seconds: 0..<1, host: host).isDisturbed)
        // Clocks that do not agree give no negative rest.
        shared.usage = [usage(1, store: 0.4, machine: 0.3)]
        #expect(Saturation(shared, seconds: 0..<1, host: host).rest == 0)
    }

    /// What an application used that ran already is nobody else's, where its processes are not known.
    @Test func whatAnUnseenTargetUsedIsNotCalledForeign() {
        var running = Measurement(variant: nil, stackKind: "url", began: 0)
        running.usage = [UsageSample(time: 1, cores: ["generator": 0.1, "machine": 1.9], memory: [:])]
        let unseen = Saturation(running, seconds: 0..<1, host: host)
        #expect(unseen.restHoldsTarget && unseen.isDisturbed)
        let recorded = RecordedMeasurement(measurement: running, samples: [])
        let step = LoadStep(users: 1, purpose: .stage, rampBegan: 0, plateauBegan: 0, plateauEnded: 1, passed: true)
        #expect(recorded.othersShare(of: [step], host) == 0)

        running.components = [Component(name: "gunicorn", role: .other, version: nil, address: "127.0.0.1:80")]
        running.usage[0].cores["gunicorn"] = 1.7
        let seen = Saturation(running, seconds: 0..<1, host: host)
        #expect(!seen.restHoldsTarget && !seen.isDisturbed)
        #expect(seen.parts.map(\.name) == ["gunicorn", "generator", "machine"])
    }

    @Test func withoutSamplesNothingIsClaimed() {
        let found = Saturation(measurement([], replicas: 1), seconds: 0..<10, host: host)
        #expect(found.parts.isEmpty)
        #expect(!found.isGeneratorLimited)
    }
}
