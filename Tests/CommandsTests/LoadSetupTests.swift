import Commands
import Model
import TestSupport
import Testing

/// The command line of `load` as values.
@Suite(.timed) struct LoadSetupTests {
    private static func setup(_ arguments: String...) throws -> LoadSetup { try LoadSetup(arguments: arguments) }

    @Test func anAddressAloneIsEnough() throws {
        let setup = try Self.setup("127.0.0.1:8080/a?b=c")
        #expect(setup.endpoint == Endpoint(host: "127.0.0.1", port: 8080))
        #expect(setup.load.tasks.map(\.path) == ["/a?b=c"] && setup.load.tasks.map(\.method) == [.get])
        #expect(setup.load.timeout == 5 && setup.load.seed == 42 && setup.load.thinkTime.maximum == 0)
        #expect(setup.criteria.isEmpty && setup.failIf.isEmpty && setup.threads == 1)
        guard case .ramp(let stages) = setup.load.shape else { throw Problem(.usage, "no ramp") }
        #expect(stages.map(\.hold) == [10])
    }

    @Test func usersThinkAndComeAtARate() throws {
        let setup = try Self.setup(
            "http://localhost/", "--users", "30", "--spawn-rate", "10/s", "--think-time", "1s..3s", "--duration", "20s",
            "--timeout", "500ms", "--threads", "2")
        #expect(setup.load.shape == .ramp([LoadStage(users: 30, spawnRate: 10, hold: 20)]))
        #expect(setup.load.thinkTime == ThinkTime(minimum: 1, maximum: 3))
        #expect(setup.load.timeout == 0.5 && setup.threads == 2 && setup.endpoint.port == 80)
    }

    @Test func connectionsAreUsersWhoDoNotThink() throws {
        let setup = try Self.setup("http://127.0.0.1/", "--connections", "50")
        guard case .ramp(let stages) = setup.load.shape else { throw Problem(.usage, "no ramp") }
        #expect(stages.map(\.users) == [50] && setup.load.thinkTime.maximum == 0)
    }

    @Test func requestsArriveAtARate() throws {
        let setup = try Self.setup(
            "http://127.0.0.1/", "--rate", "500/s", "--arrivals", "poisson", "--ramp", "5s", "--duration", "1m")
        #expect(setup.load.shape == .rate([RateStage(perSecond: 500, ramp: 5, hold: 60)], arrivals: .poisson))
    }

    @Test func aSearchHasCriteriaAlsoWhereNoneIsNamed() throws {
        let plain = try Self.setup("http://127.0.0.1/", "--find-limit")
        #expect(plain.criteria.map(\.text) == ["error_rate > 1% for 5s", "p95 > 500ms for 5s"])
        let own = try Self.setup(
            "http://127.0.0.1/", "--find-limit", "--from", "5", "--to", "70", "--hold", "4s", "--precision", "20%",
            "--limit", "p99 > 1s for 2s")
        #expect(own.criteria.map(\.text) == ["p99 > 1s for 2s"])
        guard case .findLimit(let plan) = own.load.shape else { throw Problem(.usage, "no search") }
        #expect(plan.from == 5 && plan.to == 70 && plan.hold == 4 && plan.precision == 0.2)
    }

    /// A number is the search's, anything else an agent.
    @Test func agentsAreNamedByFrom() throws {
        let lab = AgentAddress.ssh(user: nil, host: "lab1", port: nil)
        let setup = try Self.setup(
            "http://127.0.0.1/", "--find-limit", "--from", "5", "--from", "local, ssh://lab1", "--from", "local",
            "--on-loss", "stop")
        #expect(setup.load.from == [.local, lab, .local] && setup.load.onLoss == .stop)
        guard case .findLimit(let plan) = setup.load.shape else { throw Problem(.usage, "no search") }
        #expect(plan.from == 5)
        let others = try Self.setup("http://127.0.0.1/", "--from", "lab1,node://n3").load
        #expect(others.from == [.context("lab1"), .node("n3")])
        let plain = try Self.setup("http://127.0.0.1/").load
        #expect(plain.from == nil && plain.onLoss == nil)
        for wrong in ["http://lab1", "local,-oProxyCommand=x", ",", "20"] {
            #expect(throws: Problem.self) { try Self.setup("http://127.0.0.1/", "--from", wrong) }
        }
        #expect(throws: Problem.self) { try Self.setup("http://127.0.0.1/", "--on-loss", "ignore") }
    }

    @Test func anExpectationIsMetOnTheWholePlateau() throws {
        let setup = try Self.setup("http://127.0.0.1/", "--fail-if", "p95 > 500ms", "--fail-if", "error_rate > 5%")
        #expect(setup.failIf.map(\.metric) == [.p95, .errorRate] && setup.criteria.isEmpty)
    }

    @Test func aSeedThatIsDrawnIsSaidToBe() throws {
        #expect(try Self.setup("http://127.0.0.1/", "--seed", "7").load.seed == 7)
        let drawn = try Self.setup("http://127.0.0.1/", "--seed", "random").load
        #expect(drawn.seedIsDrawn && LoadDefinition.seeds.contains(drawn.seed))
    }

    @Test func certificatesAreCheckedUnlessSaidOtherwise() throws {
        #expect(try Self.setup("https://127.0.0.1/").endpoint.trust == .system)
        #expect(try Self.setup("https://127.0.0.1/", "--trust", "any").endpoint.trust == .any)
        let named = try Self.setup("https://127.0.0.1:8443/", "--trust", "/c.pem").endpoint
        #expect(named.trust == .file("/c.pem") && named.port == 8443)
    }

    @Test(arguments: [
        ("http://127.0.0.1/a%20b/%2f?q=%26+x&y=é z", "/a%20b/%2f?q=%26+x&y=%C3%A9%20z"),
        ("127.0.0.1:1?x=/y#top", "/?x=/y"), ("http://127.0.0.1:1", "/"),
        ("http://u:p@127.0.0.1:1/a?b=http://c/", "/a?b=http://c/"),
        ("http://[::1]:1/{id}", "/%7Bid%7D"),
    ])
    func aURLIsNotEncodedTwice(url: String, path: String) throws {
        #expect(try Self.setup(url).load.tasks.map(\.path) == [path])
    }

    @Test func userAndPasswordAreSentAndNotShown() throws {
        let setup = try Self.setup("http://ann:p%40ss%3A1@127.0.0.1:8080/a")
        let basic = HeaderTemplate(name: "Authorization", pieces: [.text("Basic YW5uOnBAc3M6MQ==")])
        #expect(setup.load.tasks.map(\.headers) == [[basic]])
        #expect(setup.endpoint == Endpoint(host: "127.0.0.1", port: 8080) && setup.url == "http://127.0.0.1:8080/a")
        #expect(try Self.setup("http://127.0.0.1/").load.tasks[0].headers.isEmpty)
    }

    @Test func errorKeysMayBeAllowed() throws {
        #expect(try Self.setup("http://127.0.0.1/", "--allow-error-keys").load.tasks[0].expect.allowsErrorKeys)
        #expect(try !Self.setup("http://127.0.0.1/").load.tasks[0].expect.allowsErrorKeys)
    }

    @Test func anotherMachineNeedsAWord() throws {
        #expect(try Self.setup("http://shop.example/", "--allow-remote").endpoint.host == "shop.example")
        #expect(throws: Problem.self) { try Self.setup("http://shop.example/") }
    }
}
