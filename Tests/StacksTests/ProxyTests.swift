import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// Where the proxy stands, as values.
@Suite(.timed) struct ProxyTests {
    private static func experiment(_ faults: [Fault], replicas: Int = 2) -> Experiment {
        Experiment.sample(faults, replicas: replicas)
    }

    @Test func onlyFaultsThatNeedOneAskForAProxy() {
        let slow = FaultAction.slow(from: 0.05, to: 0.08)
        let faults = [
            Fault(at: 1, target: .part("redis"), action: .pause),
            Fault(at: 2, duration: 3, target: .part("mysql"), action: slow),
            Fault(at: 3, duration: 3, target: .part("store-1"), action: .throttle(cores: 0.1)),
        ]
        #expect(ProxyRequest(Self.experiment(faults)) == ProxyRequest(parts: ["mysql"], seed: 11))
        #expect(ProxyRequest(Self.experiment([faults[0], faults[2]])) == nil)
        #expect(ProxyRequest(Self.experiment([])) == nil)
    }

    @Test func aRandomReplicaIsTheOneThatTheFaultIsDoneTo() throws {
        let faults = [Fault(at: 2, duration: 3, target: .randomReplica, action: .cut)]
        let experiment = Self.experiment(faults, replicas: 5)
        let replicas = (1...5).map { "store-\($0)" }
        let drawn = FaultPlan(faults, replicas: replicas, seed: experiment.load.seed).entries.map(\.part)
        #expect(try #require(ProxyRequest(experiment)).parts == drawn)
    }

    @Test func theLocalProxyTakesItsOrdersFromStandardInput() throws {
        let services = LocalServices(
            templates: Repository.templates, request: .sample(), storeExecutable: "/b/store", workspace: "/w",
            folder: "/w/s", password: "secret")
        let proxy = services.proxy(executable: "/b/storelab", seed: 7)
        #expect(proxy.command.executable == "/b/storelab")
        #expect(proxy.command.arguments == ["proxy", "--control", "-", "--seed", "7"])
        #expect(proxy.command.environment == ["STORELAB_WORKSPACE": "/w"])
        #expect(proxy.command.folder == "/w/s/proxy")
    }

    /// They have a Unix socket for it, but Nginx.
    @Test func partsBehindALocalProxyAreReachedBySockets() throws {
        func services(_ parts: [String]?) -> LocalServices {
            var request = StackRequest.sample()
            request.proxy = parts.map { ProxyRequest(parts: $0, seed: 1) }
            return LocalServices(
                templates: Repository.templates, request: request, storeExecutable: "/b/store", workspace: "/w",
                folder: "/w/s", password: "secret")
        }
        let proxied = services(["mysql", "redis", "store-1", "nginx"])
        #expect(proxied.socket(of: "mariadb", .database) == "/w/s/mariadb/mysql.sock")
        #expect(proxied.socket(of: "nginx", .balancer) == nil && proxied.socket(of: "store-2", .store) == nil)
        let databases = Databases(mysqlPort: 1, redisPort: 2, mysqlSocket: "/w/s/proxy/mariadb")
        let store = proxied.store(number: 1, port: 5, databases: databases, cpuGroup: nil).command.arguments
        #expect(store.firstRange(of: ["--socket", "/w/s/store-1.sock"]) != nil)
        #expect(store.firstRange(of: ["--mysql-host", "/w/s/proxy/mariadb"]) != nil)
        #expect(store.firstRange(of: ["--redis-host", "127.0.0.1", "--redis-port", "2"]) != nil)
        let cache = try proxied.redis(port: 2, executable: "/r", cpuGroup: nil).files.text("redis.conf")
        #expect(cache.contains("\nport 2\nunixsocket /w/s/redis.sock\n"))
        let other = proxied.store(number: 2, port: 5, databases: databases, cpuGroup: nil).command.arguments
        #expect(!other.contains("--socket"))
        let plain = services(nil)
        #expect(plain.socket(of: "mariadb", .database) == nil)
        #expect(try !plain.redis(port: 2, executable: "/r", cpuGroup: nil).files.text("redis.conf").contains("unix"))
    }

    @Test func aProxyInContainersListensForEachPart() {
        let plan = ProxyPlan(
            service: "proxy", image: "i", seed: 3,
            listeners: [
                .init(part: "mysql", port: 3306, upstream: "mysql:3306"),
                .init(part: "store-2", port: 5002, upstream: "x-store-2:5000"),
            ])
        #expect(
            plan.arguments == [
                "proxy", "--control", "/run/control", "--seed", "3", "--listen", "mysql=0.0.0.0:3306", "--upstream",
                "mysql:3306", "--listen", "store-2=0.0.0.0:5002", "--upstream", "x-store-2:5000",
            ])
        #expect(plan.listener(for: "store-1") == nil)
    }

    /// Orders and answers over a pair of sockets; the test is the proxy.
    @Test func aLinkSaysWhatItsProxySays() async throws {
        let link = try ProxyLink(parts: ["mysql"])
        let given = FileHandle(fileDescriptor: link.given, closeOnDealloc: true)
        // Ended before its descriptor is closed: the next to be opened has the same number.
        async let proxy: Void = onThread {
            var unread = Data()
            while case let more = given.availableData, !more.isEmpty {
                unread += more
                while let end = unread.firstIndex(of: 10) {
                    let order = try? JSONDecoder().decode(ProxyOrder.self, from: unread[..<end])
                    unread = Data(unread[(end + 1)...])
                    var answer = ProxyAnswer(at: 1)
                    if case .end = order { answer.trouble = "no" }
                    if case .begin(let part, let action) = order, part != "mysql" || action != .cut {
                        answer.trouble = "wrong order"
                    }
                    guard let line = try? JSONEncoder().encode(answer) else { return }
                    given.write(line + [10])
                }
            }
        }
        #expect(link.parts == ["mysql"])
        try await link.begin(.cut, on: "mysql")
        let problem = await #expect(throws: Problem.self) { try await link.end(.cut, on: "mysql") }
        #expect(problem?.message == "the proxy between the parts: no")
        shutdown(link.given, Int32(SHUT_RDWR))
        await #expect(throws: Problem.self) { try await link.begin(.cut, on: "mysql") }
        await proxy
    }
}

extension Experiment {
    fileprivate static func sample(_ faults: [Fault], replicas: Int) -> Experiment {
        Experiment(
            name: "x", question: nil, title: LocalizedText(english: "x", french: "x"),
            stack: StackDefinition(
                backend: .mysql, replicas: replicas, balancers: [.roundRobin], storeCPUs: nil, dataset: .course),
            load: LoadDefinition(
                tasks: [], thinkTime: ThinkTime(minimum: 1, maximum: 1),
                shape: .ramp([LoadStage(users: 1, spawnRate: 1, hold: 4)]), seed: 11),
            criteria: [], faults: faults, sourceFile: "")
    }
}
