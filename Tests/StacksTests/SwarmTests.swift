import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// A node as `docker node inspect` shows it.
private func node(
    _ name: String, state: String = "ready", availability: String = "active", processor: String = "x86_64",
    address: String = "10.0.0.9"
) throws -> SwarmNode {
    let text = """
        {"ID":"id-\(name)","Spec":{"Role":"worker","Availability":"\(availability)"},
         "Description":{"Hostname":"\(name)","Platform":{"Architecture":"\(processor)","OS":"linux"}},
         "Status":{"State":"\(state)","Addr":"\(address)"}}
        """
    return try JSONDecoder().decode(SwarmNode.self, from: Data(text.utf8))
}

private func layout(_ nodes: SwarmNode..., reachable: Set<String> = []) throws -> SwarmLayout {
    try SwarmLayout(nodes: nodes, manager: "id-n1", reachable: reachable.union(["id-n1"]))
}

private var images: SwarmImages {
    var images = SwarmImages()
    for part in ["mysql", "redis", "nginx", "prometheus", "store"] {
        images.ids[part] = "sha256:\(part)"
        images.names[part] = part == "store" ? "storelab-store:1" : "\(part):test"
    }
    images.notes = ["another image"]
    return images
}

/// Which node of a swarm carries what.
@Suite(.timed) struct SwarmLayoutTests {
    @Test func replicasGoToTheOtherNodesInTurn() throws {
        let layout = try layout(node("n1"), node("n2"), node("n3"))
        #expect(layout.data.name == "n1")
        #expect((1...5).map { layout.node(ofReplica: $0).name } == ["n2", "n3", "n2", "n3", "n2"])
        #expect(layout.notes == [])
    }

    @Test func aNodeAloneCarriesAll() throws {
        #expect(try layout(node("n1")).node(ofReplica: 2).name == "n1")
    }

    @Test func nodesThatCannotCarryAnythingAreNamedWithTheReason() throws {
        let layout = try layout(
            node("n1"), node("n2", state: "down"), node("n3", availability: "drain"),
            node("n4", processor: "aarch64"), node("n5"))
        #expect(layout.workers.map(\.name) == ["n5"])
        #expect(
            layout.notes == [
                "The node n2 is down; nothing ran on it.", "The node n3 takes no tasks (drain); nothing ran on it.",
                "The node n4 has another processor (arm64); nothing ran on it.",
            ])
    }

    @Test func theDataGoToANodeWhoseEngineIsReachedWhereTheManagerTakesNoTasks() throws {
        let nodes = try [node("n1", availability: "drain"), node("n2"), node("n3")]
        let layout = try SwarmLayout(nodes: nodes, manager: "id-n1", reachable: ["id-n1", "id-n3"])
        #expect(layout.data.name == "n3" && layout.workers.map(\.name) == ["n2"])
        let problem = #expect(throws: Problem.self) {
            try SwarmLayout(nodes: nodes, manager: "id-n1", reachable: ["id-n1"])
        }
        #expect(problem?.kind == .machine)
        #expect(problem?.message.contains("n1 takes no tasks (drain)") == true)
        #expect(problem?.message.contains("n2 has an engine that is not reached") == true)
    }

    @Test func aSwarmOfOneMachineIsReachedOnTheLoopbackInterface() throws {
        #expect(try node("n1", address: "127.0.0.1").address == "127.0.0.1")
        #expect(try node("n1", address: "0.0.0.0").address == "127.0.0.1")
        #expect(try node("n1").address == "10.0.0.9")
    }

    @Test(arguments: [
        (#""LocalNodeState":"inactive","ControlAvailable":false"#, "is in no swarm"),
        (#""LocalNodeState":"locked","ControlAvailable":false"#, "is locked"),
        (#""LocalNodeState":"active","ControlAvailable":false"#, "is a worker"),
    ])
    func anEngineThatManagesNoSwarmIsRefused(_ state: String, _ message: String) throws {
        let text = #"{"NodeID":"","RemoteManagers":[{"NodeID":"m","Addr":"10.0.0.1:2377"}],\#(state)}"#
        let membership = try JSONDecoder().decode(SwarmCluster.Membership.self, from: Data(text.utf8))
        let problem = #expect(throws: Problem.self) { try membership.requireManager() }
        #expect(problem?.message.contains(message) == true && problem?.kind == .machine)
        if message == "is a worker" { #expect(problem?.nextStep?.contains("10.0.0.1:2377") == true) }
    }

    @Test func enginesOfNodesAreNamedByAddressOrContext() {
        #expect(SwarmEngines.entries("ssh://a, tcp://b:2375\nlab") == ["ssh://a", "tcp://b:2375", "lab"])
        #expect(SwarmEngines.environment(of: "ssh://a") == ["DOCKER_HOST": "ssh://a"])
        // A context counts only where no DOCKER_HOST is given.
        #expect(SwarmEngines.environment(of: "lab") == ["DOCKER_CONTEXT": "lab", "DOCKER_HOST": ""])
    }
}

/// The store's stack on a swarm, without an engine.
@Suite(.timed) struct SwarmPlanTests {
    private func plan(_ request: StackRequest = .sample()) throws -> SwarmPlan {
        try SwarmPlan(
            templates: Repository.templates, request: request, layout: layout(node("n1"), node("n2"), node("n3")),
            images: images, project: "storelab-x")
    }

    /// The lines of one service.
    private func service(_ name: String, _ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "  \(name):") else { return "" }
        return lines[(start + 1)...].prefix {
            !($0.hasPrefix("  ") && !$0.hasPrefix("   ")) && !$0.hasPrefix("networks")
        }
        .joined(separator: "\n")
    }

    @Test func eachPartIsBoundToItsNodeAndRunsItsImageByID() throws {
        let text = try plan(.sample(.roundRobin, replicas: 3)).deployed.text("swarm.yaml")
        for (part, node, image) in [
            ("mysql", "n1", "mysql"), ("redis", "n1", "redis"), ("nginx", "n1", "nginx"), ("tools", "n1", "store"),
            ("prometheus", "n1", "prometheus"), ("store-1", "n2", "store"), ("store-2", "n3", "store"),
            ("store-3", "n2", "store"),
        ] {
            let service = service(part, text)
            #expect(service.contains("image: \"sha256:\(image)\""), "\(part)")
            #expect(service.contains("constraints: [\"node.id == id-\(node)\"]"), "\(part)")
            #expect(service.contains("storelab.part: \(part)"), "\(part)")
            #expect(service.contains("restart_policy: { condition: none }"), "a loss stays a loss: \(part)")
        }
        #expect(!text.contains("cpus:"))
    }

    @Test func onlyTheDatabasesStartWithTheDeployment() throws {
        let plan = try plan(.sample(.roundRobin, replicas: 2))
        let text = plan.deployed.text("swarm.yaml")
        for part in ["tools", "store-1", "store-2", "nginx", "prometheus"] {
            #expect(service(part, text).contains("replicas: 0"), "\(part)")
        }
        for part in ["mysql", "redis"] { #expect(!service(part, text).contains("replicas: 0"), "\(part)") }
        #expect(
            plan.deployment(in: "/w/p") == [
                "stack", "deploy", "--resolve-image", "never", "--compose-file", "/w/p/swarm.yaml", "storelab-x",
            ])
        #expect(
            plan.start(plan.replicas)
                == ["service", "scale", "--detach", "storelab-x_store-1=1", "storelab-x_store-2=1"])
    }

    @Test func withoutABalancerTheReplicaItselfIsPublished() throws {
        let single = try plan().deployed.text("swarm.yaml")
        #expect(service("store-1", single).contains("ports: [{ target: 5000, mode: host }]"))
        #expect(service("nginx", single) == "")
        let balanced = try plan(.sample(.leastConnections, replicas: 2))
        #expect(!service("store-1", balanced.deployed.text("swarm.yaml")).contains("ports"))
        #expect(service("nginx", balanced.deployed.text("swarm.yaml")).contains("target: 80, mode: host"))
        #expect(balanced.deployed.text("nginx.conf").contains("server store-2:5000 "))
        #expect(balanced.deployed.text("nginx.conf").contains("least_conn;"))
    }

    @Test func limitsAndSizesAreThoseOfTheDefinition() throws {
        let request = StackRequest.sample(.roundRobin, replicas: 1, prometheusPort: 9090) {
            $0.storeCPUs = 0.15
            $0.storePool = 4
            $0.mysql = PartSettings(connections: 77, cpus: 0.5)
        }
        let text = try plan(request).deployed.text("swarm.yaml")
        #expect(service("store-1", text).contains("limits: { cpus: \"0.15\" }"))
        #expect(service("store-1", text).contains("\"--pool-size\", \"4\""))
        #expect(service("mysql", text).contains("limits: { cpus: \"0.5\" }"))
        #expect(service("mysql", text).contains("--max-connections=77"))
        #expect(service("prometheus", text).contains("published: 9090"))
    }

    @Test func thePasswordIsASecretAndStandsInNoRecord() throws {
        let secrets = KnownSecrets()
        var request = StackRequest.sample()
        request.secrets = secrets
        let plan = try plan(request)
        let password = plan.written.text("password")
        #expect(password.count == 24)
        for file in plan.deployed { #expect(!file.text.contains(password), "\(file.name)") }
        #expect(plan.written.count == plan.deployed.count + 1)
    }

    @Test func theNotesSayTheWayOfTheLoadAndThePeriodOfALimit() throws {
        let limited = try plan(.sample(.roundRobin, replicas: 2) { $0.storeCPUs = 0.2 })
        let notes = limited.notes(entrance: HostAndPort(host: "10.0.0.9", port: 32768), unmeasured: ["n2"])
        #expect(notes.first == "another image")
        #expect(notes.contains { $0.hasPrefix("The load entered at 10.0.0.9:32768, a published port of the node n1") })
        #expect(notes.contains { $0.contains("periods of 100 ms") })
        #expect(notes.contains("CPU and memory of the parts on these nodes are not measured: n2."))
        let free = try plan().notes(entrance: HostAndPort(host: "h", port: 1), unmeasured: [])
        #expect(!free.contains { $0.contains("periods") || $0.contains("not measured") })
        #expect(free.contains { $0.contains("a published port of the replica's own node") })
    }

    @Test func anImageThatIsNotOnANodeIsNamedWithTheWayToBringIt() throws {
        let problem = images.absence(of: "store-2", on: "n3", complaint: "No such image: sha256:abc")
        #expect(problem?.kind == .machine)
        #expect(problem?.message.contains("the node n3 has no image storelab-store:1") == true)
        #expect(problem?.nextStep?.contains("docker save storelab-store:1 | ssh n3 docker load") == true)
        #expect(
            images.absence(of: "mysql", on: "n1", complaint: "No such image")?.message.contains("mysql:test") == true)
        #expect(images.absence(of: "mysql", on: "n1", complaint: "task: non-zero exit (1)") == nil)
    }

    @Test func aNodeNeedsTheImagesOfWhatRunsThere() throws {
        let layout = try layout(node("n1"), node("n2", state: "down"), node("n3"))
        #expect(images.needed(on: "id-n1", layout).count == 5)
        #expect(images.needed(on: "id-n3", layout) == ["storelab-store:1"])
        #expect(images.needed(on: "id-n2", layout) == [])
    }
}

/// A node whose link is cut is noticed before its swarm gives it up.
@Suite(.timed) struct NodeSilenceTests {
    /// Looks at the node n beside another, which answers always.
    private func looks(_ answers: [Bool], other: Bool = true) -> [[String]] {
        var silence = NodeSilence()
        return answers.map { silence.look(["n": $0, "other": other]) }
    }

    @Test func threeLooksWithoutAnAnswerAreALossAndItIsToldOnce() {
        #expect(looks([true, false, false, false, false]) == [[], [], [], ["n"], []])
    }

    @Test func aLostPacketIsNone() {
        #expect(looks([true, false, false, true, false, false]).allSatisfy { $0.isEmpty })
    }

    @Test func aNodeThatNeverAnsweredIsNotWatched() {
        #expect(looks([false, false, false, false]).allSatisfy { $0.isEmpty })
    }

    @Test func whereNoNodeAnswersThisMachineMayBeWhatIsCutOff() {
        #expect(looks([true, false, false, false, false], other: false).allSatisfy { $0.isEmpty })
    }
}

/// What the manager says of tasks.
@Suite(.timed) struct SwarmTaskTests {
    /// As Docker 20.10 answers, less what nobody reads.
    private func task(_ status: String, desired: String = "running") throws -> SwarmTask {
        let text = """
            {"ID":"t1","ServiceID":"s","Slot":1,"NodeID":"id-n2","DesiredState":"\(desired)",
             "Spec":{"ContainerSpec":{"Image":"sha256:i",
                "Labels":{"com.docker.stack.namespace":"storelab-x","storelab.part":"store-1"}}},
             "Status":{"Timestamp":"2026-11-30T11:30:15Z",\(status)}}
            """
        return try JSONDecoder().decode(SwarmTask.self, from: Data(text.utf8))
    }

    @Test func oneThatRunsSaysWhereItIsReached() throws {
        let task = try task(
            """
            "State":"running","Message":"started","ContainerStatus":{"ContainerID":"c1","PID":26134,"ExitCode":0},
            "PortStatus":{"Ports":[{"Protocol":"tcp","TargetPort":5000,"PublishedPort":32768,"PublishMode":"host"}]}
            """)
        #expect(task.part == "store-1" && task.isRunning && !task.hasEnded)
        #expect(task.published(5000) == 32768 && task.published(80) == nil)
        #expect(task.ending(on: "n2") == nil)
    }

    @Test func oneThatIsNotHealthyYetDoesNotRun() throws {
        let task = try task(#""State":"starting","ContainerStatus":{"ContainerID":"c1","PID":5,"ExitCode":0}"#)
        #expect(!task.isRunning && !task.hasEnded)
    }

    @Test func oneThatEndedSaysHow() throws {
        let killed = try task(
            #""State":"failed","Err":"task: non-zero exit (137)","ContainerStatus":{"ContainerID":"c1","PID":0,"ExitCode":137}"#,
            desired: "shutdown")
        #expect(killed.hasEnded && killed.ending(on: "n2") == "store-1 was ended by signal 9")
        let left = try task(
            #""State":"complete","ContainerStatus":{"ContainerID":"c1","PID":0,"ExitCode":3}"#, desired: "shutdown")
        #expect(left.ending(on: "n2") == "store-1 exited with code 3")
    }

    @Test func oneWhoseImageIsMissingNeverHadAContainer() throws {
        let task = try task(
            #""State":"rejected","Message":"preparing","Err":"No such image: sha256:i","ContainerStatus":{"ContainerID":"","PID":0,"ExitCode":0},"PortStatus":{}"#,
            desired: "shutdown")
        #expect(task.hasEnded && task.ending(on: "n2") == "store-1 was rejected: No such image: sha256:i")
    }

    @Test func oneOnANodeThatIsGoneIsGivenUp() throws {
        let task = try task(
            #""State":"running","ContainerStatus":{"ContainerID":"c1","PID":5,"ExitCode":0}"#, desired: "shutdown")
        #expect(!task.isRunning && !task.hasEnded)
        #expect(task.ending(on: "n2") == "the swarm gave up store-1, because its node n2 does not answer")
    }
}

/// Stacks of swarms are taken away.
@Suite(.timed) struct SwarmLeftoversTests {
    /// A manager whose stack has a service and a network until each was removed.
    private static let cases = """
        service|network) case "$2" in
            ls) [ -e "$FOLDER/$1-gone" ] || echo "$1-id" ;;
            rm) echo "$1 rm $3" >>"$FOLDER/calls"; touch "$FOLDER/$1-gone" ;;
            esac ;;
        secret|config|ps|volume) : ;;
        stack) exit 1 ;;
        """

    @Test func whatCarriesTheNameIsRemovedAndNothingElse() async throws {
        try await FakeDocker.with(Self.cases) { fake in
            try await SwarmLeftovers(manager: fake.docker, engines: [("n1", fake.docker)], project: "storelab-x")
                .remove()
            let calls = try String(contentsOfFile: fake.folder + "/calls", encoding: .utf8)
            #expect(calls.split(separator: "\n") == ["service rm service-id", "network rm network-id"])
        }
    }

    @Test func aNodeThatDoesNotAnswerIsNamedAndTheRestIsRemoved() async throws {
        try await FakeDocker.with(Self.cases) { fake in
            let deaf = Docker(executable: "/bin/false", environment: [:])
            let leftovers = SwarmLeftovers(
                manager: fake.docker, engines: [("n1", fake.docker), ("n3", deaf)], project: "storelab-x",
                patience: .seconds(1))
            let problem = await #expect(throws: Problem.self) { try await leftovers.remove() }
            #expect(problem?.message == "still there: the node n3, which does not answer")
            let calls = try String(contentsOfFile: fake.folder + "/calls", encoding: .utf8)
            #expect(calls.split(separator: "\n") == ["service rm service-id", "network rm network-id"])
        }
    }

    @Test func theLedgerKeepsAStackUntilItIsGone() throws {
        let workspace = try Workspace(run: "swarm-ledger-test")
        defer { workspace.remove() }
        let stack = Ledger.Entry.swarmStack(name: "storelab-x", environments: [["DOCKER_HOST": "tcp://m:1"], [:]])
        try workspace.ledger.record(stack)
        #expect(Ledger.openStacks(in: [stack]).map(\.name) == ["storelab-x"])
        workspace.remove()
        #expect(FileManager.default.fileExists(atPath: workspace.path), "clean needs its ledger")
        try workspace.ledger.record(.swarmStackRemoved(name: "storelab-x"))
        #expect(Ledger.openNames(in: [stack, .swarmStackRemoved(name: "storelab-x")]) == [])
    }
}

/// Agents on the nodes of a swarm and in containers, as what Docker's command line is called with.
@Suite(.timed) struct SwarmAgentTests {
    private static func idle(replicas: Int, nodes: Int) throws -> [String] {
        let nodes = try (1...nodes).map { try node("n\($0)") }
        let plan = try SwarmPlan(
            templates: Repository.templates, request: .sample(.roundRobin, replicas: replicas),
            layout: SwarmLayout(nodes: nodes, manager: "id-n1", reachable: ["id-n1"]), images: images,
            project: "storelab-x")
        return SwarmAgents.idle(plan).map(\.name)
    }

    @Test func onlyNodesThatCarryNothingAreIdle() throws {
        #expect(try Self.idle(replicas: 1, nodes: 4) == ["n3", "n4"])
        #expect(try Self.idle(replicas: 2, nodes: 3) == [])
        #expect(try Self.idle(replicas: 3, nodes: 1) == [])
    }

    /// By the label of the stack, all is found and removed with it; the token stands in no argument.
    @Test func aServiceCarriesTheStacksLabelAndListensNowhere() throws {
        let service = SwarmAgentService(
            project: "storelab-x", node: try node("n3"), image: "sha256:a", place: "10.0.0.1:4040")
        let words = service.create.joined(separator: " ")
        for part in [
            "--name storelab-x_agent-n3", "--label com.docker.stack.namespace=storelab-x",
            "--container-label com.docker.stack.namespace=storelab-x", "--constraint node.id == id-n3",
            "--restart-condition none", "--secret source=storelab-x_agent-token,target=token",
            "--secret source=storelab-x_agent-certificate,target=certificate",
        ] {
            #expect(words.contains(part), "\(part)")
        }
        #expect(!words.contains("--publish"))
        #expect(words.hasSuffix(" sha256:a agent --dial 10.0.0.1:4040 --name n3"))
        #expect(
            service.make(secret: "s", of: "/w/s")
                == ["secret", "create", "--label", "com.docker.stack.namespace=storelab-x", "s", "/w/s"])
    }

    @Test func anAgentInAContainerKeepsNoLogAndGoesWithItsEnd() {
        let calls = ContainerAgents.calls("/usr/bin/docker", context: "lab1", image: "storelab-agent:1", name: "a-1")
        #expect(calls.run.prefix(3) == ["--context", "lab1", "run"])
        #expect(calls.run.suffix(2) == ["storelab-agent:1", "agent"])
        for option in ["--rm", "--interactive"] { #expect(calls.run.contains(option)) }
        #expect(calls.run.joined(separator: " ").contains("--log-driver none"))
        #expect(calls.remove == ["--context", "lab1", "rm", "--force", "a-1"])
    }

    @Test func whatKeepsFromAContextIsSaid() {
        let unknown = ContainerAgents.unreached("lab9", "context \"lab9\": context not found\n")
        #expect(
            unknown.message
                == "the Docker engine of the context lab9 was not reached: context \"lab9\": context not found")
        #expect(unknown.nextStep?.hasPrefix("docker context ls shows") == true)
        let dead = ContainerAgents.unreached("lab1", "error during connect: connection refused")
        #expect(dead.nextStep == "See whether it answers: docker --context lab1 info" && dead.kind == .machine)
    }
}

/// What engines of other machines say of containers.
@Suite(.timed) struct SwarmUsageTests {
    private static let docker = Docker(executable: "/usr/bin/docker", environment: ["DOCKER_HOST": "ssh://n2"])

    @Test func aLineOfAnAnswerIsTheUsageOfItsContainer() {
        let usage = SwarmUsage([])
        usage.take("HTTP/1.1 200 OK")
        usage.take(
            #"{"cpu_stats":{"cpu_usage":{"total_usage":2500000000}},"memory_stats":{"usage":3000,"stats":{"total_inactive_file":1000}},"id":"c1"}"#
        )
        usage.take(
            #"{"cpu_stats":{"cpu_usage":{"total_usage":1}},"memory_stats":{"usage":500,"stats":{"inactive_file":100}},"id":"c2"}"#
        )
        usage.take(#"{"message":"No such container: c3"}"#)
        #expect(usage.current["c1"] == ComponentUsage(cpuSeconds: 2.5, memory: 2000))
        #expect(usage.current["c2"]?.memory == 400 && usage.current.count == 2)
        usage.take(#"{"cpu_stats":{"cpu_usage":{"total_usage":0}},"memory_stats":{},"id":"c1"}"#)
        #expect(usage.current["c1"] == nil, "it has ended")
    }

    @Test func eachContainerIsAskedOverOneConnection() {
        let command = SwarmUsage.command(Self.docker, ["c1", "c2"])
        #expect(command.arguments.suffix(3) == ["/usr/bin/docker", "c1", "c2"])
        #expect(command.environment == ["DOCKER_HOST": "ssh://n2"])
    }

    /// The pretended engine answers each question with the next count.
    @Test func countsAreFollowedUntilTheTaskEnds() async throws {
        let cases = """
            system) n=0; while read -r verb path rest; do case "$verb" in GET)
                n=$((n+1)); id=${path#/v1.41/containers/}; id=${id%%/*}
                echo "{\\"cpu_stats\\":{\\"cpu_usage\\":{\\"total_usage\\":${n}000000000}},\\"memory_stats\\":{\\"usage\\":5},\\"id\\":\\"$id\\"}"
                ;; esac; done ;;
            """
        try await FakeDocker.with(cases) { fake in
            let usage = SwarmUsage([(docker: fake.docker, containers: ["c1", "c2"])])
            let running = Task { await usage.run() }
            for _ in 0..<600 where usage.current["c2"]?.cpuSeconds ?? 0 < 4 {
                try await Task.sleep(for: .milliseconds(50))
            }
            running.cancel()
            await running.value
            #expect(usage.current["c1"]?.cpuSeconds ?? 0 >= 3 && usage.current["c2"]?.cpuSeconds ?? 0 >= 4)
        }
    }
}
