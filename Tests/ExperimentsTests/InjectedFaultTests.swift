import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// `faults:` and `slo:`. The load of these definitions takes about 67 s, and the stack has two replicas.
@Suite(.timed) struct InjectedFaultTests {
    private static func definition(_ faults: String, _ old: String = "", _ new: String = "") throws -> String {
        let text = try altered(
            "find_limit: { from: 5, to: 50, hold: 10s, precision: 5% }",
            "ramp: [{ users: 40, spawn_rate: 10/s, hold: 60s }]"
        )
        .replacing("replicas: 1", with: "replicas: 2").replacing("balancer: none", with: "balancer: round_robin")
        return (old.isEmpty ? text : text.replacing(old, with: new)) + "\n" + faults
    }

    private static func read(_ text: String) throws -> Experiment {
        try withFolder { folder in
            let file = folder.appending(path: "a.yaml")
            try Data(text.utf8).write(to: file)
            return try #require(try loadExperiments(paths: [file.path]).first)
        }
    }

    private static func list(_ faults: String...) -> String {
        "faults:\n" + faults.map { "  - { \($0) }" }.joined(separator: "\n")
    }

    @Test func everyKindIsRead() throws {
        let text = Self.list(
            "at: 30s, kill: store-2", "at: 60s, start: store-2", "at: 30s, for: 10s, pause: redis",
            "at: 40s, for: 20s, slow: mysql, by: 50ms..80ms", "at: 40s, for: 5s, cut: redis",
            "at: 40s, for: 10s, throttle: store-1, cpus: 0.05", "at: 40500ms, for: 10s, hold: mariadb, connections: 18",
            "at: 20s, bandwidth: nginx, rate: 1MB/s", "at: 5s, for: 1s, pause: random replica")
        // A draw takes no replica that another fault names.
        let named = try faults(of: Self.definition(text))
        #expect(
            named == [
                "37:24: random replica: none of the 2 replicas is left for this fault; write more replicas, or fewer faults on them"
            ])
        let experiment = try Self.read(
            Self.definition(text + "\nslo: 99.9% per 30d", "replicas: 2", "replicas: 3"))
        func fault(_ at: Seconds, _ duration: Seconds?, _ part: String, _ action: FaultAction) -> Fault {
            Fault(at: at, duration: duration, target: .part(part), action: action)
        }
        #expect(
            experiment.faults == [
                Fault(at: 5, duration: 1, target: .randomReplica, action: .pause),
                fault(20, nil, "nginx", .bandwidth(bytesPerSecond: 1_000_000)), fault(30, nil, "store-2", .kill),
                fault(30, 10, "redis", .pause), fault(40, 20, "mysql", .slow(from: 0.05, to: 0.08)),
                fault(40, 5, "redis", .cut), fault(40, 10, "store-1", .throttle(cores: 0.05)),
                fault(40.5, 10, "mysql", .hold(connections: 18)), fault(60, nil, "store-2", .start),
            ])
        #expect(experiment.budget?.period == 2_592_000)
        #expect(experiment.budget.map { abs($0.objective - 0.999) < 1e-9 } == true)
        let again = try JSONDecoder().decode(Experiment.self, from: JSONEncoder().encode(experiment))
        #expect(again == experiment)
    }

    @Test func withoutThemAnExperimentHasNone() throws {
        let experiment = try Self.read(valid)
        #expect(experiment.faults == nil && experiment.budget == nil)
    }

    @Test func aDelayMayBeOneTime() throws {
        let experiment = try Self.read(Self.definition(Self.list("at: 1s, slow: redis, by: 20ms")))
        #expect(experiment.faults?.first?.action == .slow(from: 0.02, to: 0.02))
    }

    /// What is written, and all that is said of it.
    struct Wrong: Sendable, CustomTestStringConvertible {
        var faults: [String]
        var said: [String]

        init(_ faults: String..., said: String...) {
            self.faults = faults
            self.said = said
        }

        var testDescription: String { faults.joined(separator: " ⏎ ") }
    }

    private static let wrong = [
        Wrong(
            "at: 30s",
            said: "29:5: a fault: write one of kill, start, pause, slow, cut, throttle, hold, bandwidth with its part"),
        Wrong("kill: store-1", said: "29:5: a fault: \"at\" is missing"),
        Wrong("at: 30, kill: store-1", said: "29:11: at: 30 has no unit; write for example 30s"),
        Wrong("at: 30s, klil: store-1", said: "29:16: unknown key \"klil\" in a fault; did you mean \"kill\"?"),
        Wrong(
            "at: 30s, kill: store-1, pause: redis",
            said: "29:31: a fault: \"kill\" and \"pause\" exclude each other; write two faults"),
        Wrong("at: 30s, kill: store-3", said: "29:22: kill: unknown part \"store-3\"; did you mean \"store-1\"?"),
        Wrong(
            "at: 30s, kill: prometheus",
            said:
                "29:22: kill: unknown part \"prometheus\"; known are store-1, store-2, mysql, redis, nginx, random replica"
        ),
        Wrong(
            "at: 30s, for: 5s, kill: store-1",
            said: "29:16: for: what is killed stays dead; leave it out, and write a fault with start: for its return"),
        Wrong(
            "at: 20s, kill: redis", "at: 30s, for: 5s, start: redis",
            said: "30:16: for: what is started stays; leave it out"),
        Wrong(
            "at: 30s, start: store-1",
            said: "29:16: start: store-1 is not killed before; leave this fault out, or write kill: store-1 before it"),
        Wrong(
            "at: 30s, kill: store-1", "at: 40s, for: 1s, pause: store-1",
            said: "30:25: pause: store-1 is dead since the fault at 30s; write start: store-1 before, or another part"),
        Wrong(
            "at: 30s, kill: mysql", "at: 40s, kill: mariadb",
            said: "30:16: kill: mysql is dead since the fault at 30s; write start: mysql before, or another part"),
        Wrong(
            "at: 30s, for: 20s, pause: redis", "at: 40s, for: 1s, pause: redis",
            said: "30:25: pause: pause of redis from 30s lasts until 50s; write a later instant, or a shorter for there"
        ),
        Wrong(
            "at: 30s, throttle: store-1, cpus: 0.1", "at: 40s, kill: store-1",
            said:
                "30:16: kill: throttle of store-1 from 30s lasts until the load ends; write a later instant, or a shorter for there"
        ),
        Wrong("at: 67s, kill: store-1", said: "29:11: at: the load ends after about 67s; write an earlier instant"),
        Wrong(
            "at: 60s, for: 8s, pause: redis",
            said:
                "29:21: for: the load ends after about 67s, before the fault would; write less, or leave it out for a fault that lasts until then"
        ),
        Wrong("at: 30s, slow: mysql", said: "29:5: a fault: \"by\" is missing"),
        Wrong(
            "at: 30s, slow: mysql, by: 80ms..50ms", said: "29:33: by: the bounds of 80ms..50ms are in the wrong order"),
        Wrong("at: 30s, slow: mysql, by: 0ms", said: "29:33: by: 0s is out of range; write 1ms to 1m"),
        Wrong("at: 30s, throttle: redis", said: "29:5: a fault: \"cpus\" is missing"),
        Wrong("at: 30s, throttle: redis, cpus: 0", said: "29:39: cpus: 0 is out of range; write 0.01 to 1024"),
        Wrong("at: 30s, hold: mysql, connections: 0", said: "29:42: connections: 0 is out of range; write 1 to 10000"),
        Wrong(
            "at: 30s, bandwidth: redis, rate: 1MB",
            said: "29:40: rate: expected bytes per second such as 1MB/s, found \"1MB\""),
        Wrong(
            "at: 30s, bandwidth: redis, rate: 1parsec/s",
            said: "29:40: rate: \"parsec\" is not a unit of size; write B, kB, KiB, MB or MiB, for example 512B"),
        Wrong("at: 30s, kill: store-1, by: 5ms", said: "29:31: by: it belongs to slow, not to kill; leave it out"),
        Wrong(
            "at: 10s, kill: random replica", "at: 20s, kill: random replica", "at: 30s, kill: random replica",
            said:
                "31:16: random replica: none of the 2 replicas is left for this fault; write more replicas, or fewer faults on them"
        ),
        Wrong(
            "at: 10s, start: random replica",
            said:
                "29:16: random replica: none of the 2 replicas is left for this fault; write more replicas, or fewer faults on them"
        ),
    ]

    @Test(arguments: wrong) func whatMakesNoSenseIsNamedAtItsPlace(wrong: Wrong) throws {
        let text = "faults:\n" + wrong.faults.map { "  - { \($0) }" }.joined(separator: "\n")
        #expect(try faults(of: Self.definition(text)) == wrong.said)
    }

    @Test func whereTheyCannotBeTheReasonIsSaid() throws {
        let kill = Self.list("at: 1s, kill: store-1")
        #expect(
            try faults(of: valid + "\n" + kill) == [
                "28:1: faults: the steps of find_limit come when they come, so a fault has no instant; write a ramp or a rate instead"
            ])
        let running = try Self.definition(kill).replacing(
            "  backend: mysql\n  replicas: 2\n  balancer: round_robin\n  store: { cpus: 0.5 }\n",
            with: "  url: http://127.0.0.1:1\n")
        #expect(
            try faults(of: running) == [
                "25:1: faults: an application that is already running is not StoreLab's to break; leave them out"
            ])
        let alone = Self.list("at: 1s, kill: nginx")
        #expect(
            try faults(
                of: Self.definition(alone).replacing("replicas: 2", with: "replicas: 1").replacing(
                    "round_robin", with: "none"))
                == ["29:21: kill: without a balancer there is no Nginx; write balancer: round_robin, or another part"])
        #expect(
            try faults(of: Self.definition("faults: []")) == [
                "28:9: faults: expected a list of 1 to 100, such as - { at: 30s, kill: store-1 }, found an empty list"
            ])
    }

    @Test(arguments: [
        ("99.9%", "expected a share of the requests and a period such as 99.9% per 30d, found \"99.9%\""),
        ("100% per 30d", "100% is out of range; write 50% to 99.9999%"),
        ("99% per 5m", "5m is out of range; write 1h to 366d"),
        ("99% per fortnight", "expected a time such as 10s, found \"fortnight\""),
    ]) func aBudgetHasAShareAndAPeriod(text: String, said: String) throws {
        let faults = Self.list("at: 1s, kill: store-1") + "\nslo: \(text)"
        #expect(try ExperimentsTests.faults(of: Self.definition(faults)) == ["30:6: slo: \(said)"])
    }

    @Test func aBudgetWithoutFaultsIsOfNoUse() throws {
        #expect(
            try faults(of: Self.definition("slo: 99.9% per 30d")) == [
                "28:1: slo: only the cost of faults is set against it; leave it out, or write faults"
            ])
    }

    @Test func aQuickRunMovesFaultsWithTheRamp() throws {
        // 4 s to come, 3 s to settle and 60 s of plateau become 0.08 s, 3 s and 10 s.
        let text = Self.list(
            "at: 7s, for: 60s, pause: redis", "at: 37s, for: 6s, cut: redis", "at: 37s, for: 600ms, pause: store-1")
        let quick = try Self.read(Self.definition(text)).quickened
        let faults = try #require(quick.faults)
        #expect(faults.map(\.at).map { ($0 * 1000).rounded() } == [3080, 8080, 8080])
        #expect(faults.map { (($0.duration ?? 0) * 1000).rounded() } == [10_000, 1000, 500])
    }

    @Test func aQuickRunOfARateMovesThemToo() throws {
        let ramp = "think_time: 1s..3s\n  ramp: [{ users: 40, spawn_rate: 10/s, hold: 60s }]"
        let text = try Self.definition(
            Self.list("at: 40s, for: 30s, pause: redis"), ramp, "rate: [{ rate: 50/s, ramp: 10s, hold: 60s }]")
        let fault = try #require(try Self.read(text).quickened.faults?.first)
        // 2 s of ramp and 10 s of plateau.
        #expect(fault.at == 7 && fault.duration == 5)
    }
}
