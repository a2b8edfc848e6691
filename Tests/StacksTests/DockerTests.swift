import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// What Docker says, understood without an engine.
@Suite(.timed) struct DockerTests {
    @Test(arguments: [
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: "
                + "dial unix /var/run/docker.sock: connect: permission denied", "usermod -aG docker"
        ),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "systemctl start docker"
        ),
        ("failed to register layer: write /usr/bin/mysqld: no space left on device", "docker system prune"),
        ("could not find an available, non-overlapping IPv4 address pool among the defaults", "docker network prune"),
        ("Error response from daemon: pull access denied for mysql, repository does not exist", "STORELAB_MYSQL_IMAGE"),
        (
            "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host",
            "docker load"
        ),
        ("Bind for 127.0.0.1:9090 failed: port is already allocated", "ss -ltnp"),
    ]) func everyTroubleOfTheMachineNamesTheNextStep(message: String, step: String) {
        let problem = DockerMessage.explain(message, doing: "docker compose up")
        #expect(problem.kind == .machine)
        #expect(problem.nextStep?.contains(step) == true)
        #expect(problem.message.contains(message.suffix(20)))
    }

    @Test func otherFailuresAreTheMeasurements() {
        let problem = DockerMessage.explain("DEPRECATED: builder\none\ntwo", doing: "docker build")
        #expect(problem.kind == .measurement)
        #expect(problem.message == "docker build failed:\n  | one\n  | two")
    }

    @Test func pluginAndProgramAreCalledWithTheSameArguments() throws {
        let plugin = ComposeTool(kind: .plugin, version: "2.26.1")
        let program = ComposeTool(kind: .standalone(path: "/usr/bin/docker-compose"), version: "1.29.2")
        #expect(plugin.separator == "-" && program.separator == "_")
        #expect(plugin.canReplace && !program.canReplace)
        #expect(ComposeTool.number(in: "v2.26.1-4\n") == "2.26.1")
        let own = ["--project-name", "p", "--project-directory", "/f", "--file", "/f/compose.yaml", "up"]
        let docker = Docker(executable: "/usr/bin/docker", environment: [:])
        let one = plugin.command(["up"], project: "p", files: ["/f/compose.yaml"], folder: "/f", docker: docker)
        let other = program.command(["up"], project: "p", files: ["/f/compose.yaml"], folder: "/f", docker: docker)
        #expect(one.executable == "/usr/bin/docker" && one.arguments == ["compose"] + own)
        #expect(other.executable == "/usr/bin/docker-compose" && other.arguments == own)
    }

    @Test(arguments: ["tcp://192.0.2.1:2376", "ssh://me@server"]) func anEngineElsewhereIsRefused(endpoint: String) {
        #expect(throws: Problem.self) { try DockerEngine.requireLocal(endpoint) }
    }

    @Test(arguments: ["unix:///var/run/docker.sock", "tcp://127.0.0.1:2375", "npipe:////./pipe/docker", ""])
    func anEngineHereIsTaken(endpoint: String) throws { try DockerEngine.requireLocal(endpoint) }

    @Test func controlGroupsOfBothVersionsAreFound() {
        #expect(ContainerUsage.paths(in: "0::/system.slice/docker-a.scope\n") == ["": "/system.slice/docker-a.scope"])
        let one = ContainerUsage.paths(in: "4:memory:/docker/a\n2:cpu,cpuacct:/docker/a\n1:name=systemd:/\n")
        #expect(one["cpuacct"] == "/docker/a" && one["memory"] == "/docker/a" && one["cpu"] == "/docker/a")
    }

    @Test func replicasAreCountedAsEachPartSeesThem() {
        let names = "172.18.0.3 STREAM store\n172.18.0.3 DGRAM\n172.18.0.4 STREAM\n172.18.0.4 DGRAM\n"
        #expect(ReplicaAgreement.addresses(in: names) == 2)
        let nginx =
            "upstream store {\n    server p-store-1:5000 max_fails=3;\n    server p-store-2:5000;\n}\nserver {\n"
            + "    listen 0.0.0.0:80;\n}\n"
        #expect(ReplicaAgreement.servers(in: nginx, port: 5000) == 2)
        #expect(ReplicaAgreement.Counts(started: 2, dns: 2, nginx: 2, prometheus: 2).agree)
        let torn = ReplicaAgreement.Counts(started: 3, dns: 3, nginx: 2, prometheus: nil)
        #expect(!torn.agree)
        #expect(torn.told == "3 started, 3 in DNS, 2 in Nginx")
    }

    @Test func theLedgerKnowsWhichProjectsAreStillThere() throws {
        let workspace = try Workspace(run: "test-\(UUID().uuidString.prefix(8))")
        let engine = ["DOCKER_HOST": "unix:///x.sock"]
        try workspace.ledger.record(.composeProject(name: "a", environment: engine))
        try workspace.ledger.record(.composeProject(name: "b", environment: engine))
        try workspace.ledger.record(.composeProjectRemoved(name: "a"))
        #expect(workspace.ledger.openProjects().map(\.name) == ["b"])
        workspace.remove()
        #expect(FileManager.default.fileExists(atPath: workspace.path), "it is what clean goes by")
        try workspace.ledger.record(.composeProjectRemoved(name: "b"))
        workspace.remove()
        #expect(!FileManager.default.fileExists(atPath: workspace.path))
    }
}

@Suite(.timed) struct ExternalStackTests {
    @Test(arguments: ["http://127.0.0.1:8080", "http://localhost:8080", "http://127.0.0.2"])
    func thisMachineNeedsNoConfirmation(url: String) throws {
        _ = try ExternalStack(RunningService(url: url, prometheus: nil), allowedHosts: [])
    }

    @Test func anotherHostMustBeConfirmedByName() throws {
        let target = RunningService(url: "http://shop.example:8080", prometheus: nil)
        #expect {
            try ExternalStack(target, allowedHosts: ["other.example"])
        } throws: { ($0 as? Problem)?.nextStep?.contains("--allow-host shop.example") == true }
        _ = try ExternalStack(target, allowedHosts: ["shop.example"])
    }

    @Test(arguments: ["http://127.evil.example", "http://127.0.0.1.example", "http://127.0.evil.example"])
    func aNameThatLooksLikeLoopbackIsNone(url: String) {
        #expect(throws: Problem.self) { try ExternalStack(RunningService(url: url, prometheus: nil), allowedHosts: []) }
    }
}
