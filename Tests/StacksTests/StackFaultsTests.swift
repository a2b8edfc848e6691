import Foundation
import Model
import Stacks
import Synchronization
import TestSupport
import Testing

/// Tools that do nothing, and say in which state the ledger was when they were called.
private final class FakeTools: FaultTools {
    let ledger: Ledger
    let failing: Set<String>
    private let log = Mutex<[String]>([])

    init(_ ledger: Ledger, failing: Set<String>) {
        self.ledger = ledger
        self.failing = failing
    }

    var calls: [String] { log.withLock { $0 } }

    func prepare(_ action: FaultAction, on part: String) {}
    func undo(of action: FaultAction, on part: String) -> FaultUndo { action == .pause ? .resume : .nothing }
    func make(_ action: FaultAction, on part: String) throws { try note("\(action.key) \(part)") }
    func takeBack(_ action: FaultAction, on part: String) throws { try note("no \(action.key) \(part)") }
    func holder(of connections: Int, on part: String) -> any ConnectionHolder {
        FakeHolder(wanted: connections, most: part == "full" ? 0 : 12)
    }

    private func note(_ call: String) throws {
        log.withLock { $0.append("\(call), \(ledger.openFaults().count) open") }
        if failing.contains(call) { throw Problem(.measurement, "\(call) failed") }
    }
}

private final class FakeHolder: ConnectionHolder {
    private let count = Mutex(0)
    private let wanted: Int
    private let most: Int

    init(wanted: Int, most: Int) {
        self.wanted = wanted
        self.most = most
    }

    var held: Int { count.withLock { $0 } }

    func run() async {
        count.withLock { $0 = min(wanted, most) }
        try? await Task.sleep(for: .seconds(600))
        count.withLock { $0 = 0 }
    }
}

private final class FakeProxy: FaultProxy {
    private let log = Mutex<[String]>([])
    var calls: [String] { log.withLock { $0 } }
    let parts: Set = ["mysql"]
    func begin(_ action: FaultAction, on part: String) { log.withLock { $0.append("\(action.key) \(part)") } }
    func end(_ action: FaultAction, on part: String) { log.withLock { $0.append("no \(action.key) \(part)") } }
}

/// The ledger of faults, and who makes which.
@Suite(.timed, .timeLimit(.minutes(2))) struct StackFaultsTests {
    private static func with(
        failing: Set<String> = [], proxy: FakeProxy? = nil,
        _ body: (StackFaults, FakeTools, Ledger) async throws -> Void
    ) async throws {
        let workspace = try Workspace(run: "test-\(UUID().uuidString.prefix(8))")
        defer { workspace.remove() }
        let tools = FakeTools(workspace.ledger, failing: failing)
        try await body(
            StackFaults(tools: tools, proxy: proxy, ledger: workspace.ledger), tools, workspace.ledger)
    }

    @Test func aFaultIsInTheLedgerBeforeItIsMadeAndUntilItIsTakenBack() async throws {
        try await Self.with { faults, tools, ledger in
            _ = try await faults.begin(.pause, on: "redis")
            #expect(ledger.openFaults().map(\.undo) == [.resume])
            try await faults.end(.pause, on: "redis")
            #expect(tools.calls == ["pause redis, 1 open", "no pause redis, 1 open"])
            #expect(ledger.openFaults().isEmpty)
            // Nothing is in force any more.
            try await faults.end(.pause, on: "redis")
            #expect(tools.calls.count == 2)
        }
    }

    @Test func whatHasNoEndIsNotHeldOpen() async throws {
        try await Self.with { faults, tools, ledger in
            _ = try await faults.begin(.kill, on: "redis")
            _ = try await faults.begin(.start, on: "redis")
            await faults.endAll()
            #expect(tools.calls == ["kill redis, 1 open", "start redis, 1 open"] && ledger.openFaults().isEmpty)
        }
    }

    @Test func ofAFaultThatFailsNothingIsLeft() async throws {
        try await Self.with(failing: ["pause redis"]) { faults, tools, ledger in
            await #expect(throws: Problem.self) { try await faults.begin(.pause, on: "redis") }
            #expect(tools.calls == ["pause redis, 1 open", "no pause redis, 1 open"] && ledger.openFaults().isEmpty)
        }
    }

    @Test func whatIsInForceAtTheEndIsTakenBackAndWhatResistsStaysForClean() async throws {
        try await Self.with(failing: ["no pause redis"]) { faults, tools, ledger in
            _ = try await faults.begin(.pause, on: "redis")
            _ = try await faults.begin(.throttle(cores: 0.1), on: "store-1")
            await faults.endAll()
            #expect(tools.calls.suffix(2) == ["no throttle store-1, 2 open", "no pause redis, 1 open"])
            #expect(ledger.openFaults().map(\.undo) == [.resume])
        }
    }

    @Test func whatTheProxyMakesIsItsOwn() async throws {
        let proxy = FakeProxy()
        try await Self.with(proxy: proxy) { faults, tools, ledger in
            _ = try await faults.begin(.cut, on: "mysql")
            #expect(ledger.openFaults().map(\.undo) == [.nothing])
            await faults.endAll()
            #expect(proxy.calls == ["cut mysql", "no cut mysql"] && tools.calls.isEmpty)
        }
    }

    @Test func whereNoProxyStandsItIsSaidBeforeAnyLoad() async throws {
        try await Self.with(proxy: FakeProxy()) { faults, _, ledger in
            await #expect {
                try await faults.prepare(.slow(from: 0.05, to: 0.08), on: "store-1")
            } throws: {
                ($0 as? Problem)?.message == "slow: no proxy of StoreLab stands before store-1 in this stack"
            }
            try await faults.prepare(.slow(from: 0.05, to: 0.08), on: "mysql")
            try await faults.prepare(.kill, on: "store-1")
            await #expect(throws: Problem.self) { try await faults.begin(.cut, on: "redis") }
            #expect(ledger.openFaults().isEmpty)
        }
    }

    @Test func aHoldSaysHowManyConnectionsItHas() async throws {
        try await Self.with { faults, _, ledger in
            #expect(try await faults.begin(.hold(connections: 10), on: "redis") == 10)
            try await faults.end(.hold(connections: 10), on: "redis")
            // After two seconds of trying.
            #expect(try await faults.begin(.hold(connections: 18), on: "redis") == 12)
            await faults.endAll()
            await #expect(throws: Problem.self) { try await faults.begin(.hold(connections: 18), on: "full") }
            #expect(ledger.openFaults().isEmpty)
        }
    }

    /// A run that was killed: its processes stand still, and `clean` has nothing but the ledger.
    @Test func whatALedgerNamesLetsProcessesGoOn() async throws {
        let workspace = try Workspace(run: "test-\(UUID().uuidString.prefix(8))")
        defer { workspace.remove() }
        let sleeper = Process()
        sleeper.executableURL = URL(filePath: "/bin/sleep")
        sleeper.arguments = ["600"]
        sleeper.environment = ["STORELAB_WORKSPACE": workspace.path]
        try sleeper.run()
        defer { sleeper.terminate() }
        let pid = sleeper.processIdentifier
        func state() -> String { ((try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? "") }
        kill(pid, SIGSTOP)
        while !state().contains(") T ") { try await Task.sleep(for: .milliseconds(2)) }
        await FaultUndo.resume.perform(in: workspace.ledger)
        while state().contains(") T ") { try await Task.sleep(for: .milliseconds(2)) }
        #expect(kill(pid, 0) == 0)
    }

    @Test func aLedgerIsReadBackAsItWasWritten() throws {
        let undos: [FaultUndo] = [
            .nothing, .resume, .quota(group: "/sys/fs/cgroup/a", cores: nil), .quota(group: "/b", cores: 0.5),
            .docker(arguments: ["unpause", "c1"], environment: ["DOCKER_HOST": "unix:///x"]),
        ]
        let workspace = try Workspace(run: "test-\(UUID().uuidString.prefix(8))")
        defer { workspace.remove() }
        for (index, undo) in undos.enumerated() { try workspace.ledger.record(.fault(id: "\(index)", undo: undo)) }
        try workspace.ledger.record(.faultEnded(id: "1"))
        #expect(workspace.ledger.openFaults().map(\.id) == ["4", "3", "2", "0"])
        #expect(workspace.ledger.openFaults().map(\.undo) == [undos[4], undos[3], undos[2], undos[0]])
    }
}
