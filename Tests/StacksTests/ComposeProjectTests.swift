import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// A pretended engine: nothing of it is asked.
private func engine(compose: String = "2.26.1", engine: String = "20.10.24") -> DockerEngine {
    DockerEngine(
        docker: Docker(executable: "/usr/bin/docker", environment: ["STORELAB_WORKSPACE": "/w"]),
        compose: ComposeTool(kind: .plugin, version: compose), version: engine, architecture: "amd64",
        operatingSystem: "linux")
}

private var images: ChosenImages {
    var images = ChosenImages()
    for image in StackImage.allCases { images.names[image] = "\(image.rawValue):test" }
    images.notes = ["another image"]
    return images
}

/// The store's project on Docker, without an engine.
@Suite(.timed) struct StoreProjectTests {
    private func plan(
        _ request: StackRequest = .sample(), engine given: DockerEngine = engine()
    ) throws -> ComposePlan {
        try StoreProject(
            templates: Repository.templates, request: request, engine: given, images: images,
            storeImage: "storelab-store:1", proxyImage: "storelab-proxy:1", project: "storelab-x", folder: "/w/p",
            storeExecutable: "/b/store"
        ).plan()
    }

    @Test func withoutFaultsThatNeedItThereIsNoProxy() throws {
        let plan = try plan(.sample(.leastConnections, replicas: 2))
        #expect(plan.proxy == nil)
        #expect(!plan.written.contains { $0.text.contains("proxy:") || $0.text.contains("PROXY_IMAGE") })
        #expect(plan.written.text("compose.yaml").contains("\n    environment: *databases\n    scale: 2\n"))
    }

    @Test func consumersFindTheProxyAndWatchersThePartItself() throws {
        var request = StackRequest.sample(.leastConnections, replicas: 2)
        request.proxy = ProxyRequest(parts: ["mysql", "store-2"], seed: 3)
        let plan = try plan(request)
        let text = plan.written.text("compose.yaml")
        #expect(
            plan.proxy?.listeners == [
                .init(part: "store-2", port: 5002, upstream: "storelab-x-store-2:5000"),
                .init(part: "mysql", port: 3306, upstream: "mysql:3306"),
            ])
        #expect(text.contains("    environment:\n      <<: *databases\n      DB_HOST: proxy\n    scale: 2\n"))
        #expect(!text.contains("REDIS_HOST: proxy"))
        // The data set goes past it.
        #expect(text.contains("    environment: *databases\n    volumes: [\"./schema.sql"))
        #expect(text.contains("\n  proxy:\n    image: ${PROXY_IMAGE}\n    command: [\"proxy\", \"--control\", "))
        #expect(plan.written.text(".env").contains("PROXY_IMAGE=storelab-proxy:1\n"))
        let nginx = plan.written.text("nginx.conf")
        #expect(nginx.contains("server storelab-x-store-1:5000 ") && nginx.contains("server proxy:5002 "))
        #expect(plan.written.text("prometheus.yml").contains("storelab-x-store-2:5000"))
        #expect(!text.contains("127.0.0.1::5002"))
    }

    @Test(arguments: [Balancer.none, .roundRobin])
    func theLoadGoesThroughTheProxyWhereItsEntranceIsProxied(balancer: Balancer) throws {
        var request = StackRequest.sample(balancer, replicas: balancer == .none ? 1 : 2)
        request.proxy = ProxyRequest(parts: [balancer == .none ? "store-1" : "nginx"], seed: 3)
        let plan = try plan(request)
        let published = balancer == .none ? "127.0.0.1::5001" : "127.0.0.1::80"
        #expect(plan.written.text("compose.yaml").contains("tmpfs: [/run]\n    ports: [\"\(published)\"]\n"))
    }

    @Test func itIsBroughtUpByOneCall() throws {
        #expect(
            try plan().upCommand(engine())
                == Command(
                    "/usr/bin/docker",
                    [
                        "compose", "--project-name", "storelab-x", "--project-directory", "/w/p", "--file",
                        "/w/p/compose.yaml", "up", "--detach",
                    ], environment: ["STORELAB_WORKSPACE": "/w"], folder: "/w/p"))
    }

    @Test func itsFilesAreThoseThatItRefersTo() throws {
        let plain = try plan()
        #expect(plain.written.map(\.name) == ["compose.yaml", ".env", "prometheus.yml", "schema.sql"])
        #expect(plain.balancer == nil && plain.service == "store" && plain.port == 5000 && plain.replicas == 1)
        #expect(plain.demandsMetrics && plain.dataset == "dataset" && plain.notes == ["another image"])
        let balanced = try plan(.sample(.leastConnections, replicas: 2))
        #expect(balanced.written.last?.name == "nginx.conf" && balanced.balancer == "nginx")
    }

    @Test func imagesAndThePasswordStandInTheEnvironmentAlone() throws {
        let plan = try plan()
        let environment = plan.written.text(".env")
        let password = try #require(plan.password)
        #expect(
            environment == """
                COMPOSE_PROJECT_NAME=storelab-x
                STORE_IMAGE=storelab-store:1
                MYSQL_IMAGE=mysql:test
                NGINX_IMAGE=nginx:test
                PROMETHEUS_IMAGE=prometheus:test
                REDIS_IMAGE=redis:test
                DB_PASSWORD=\(password)

                """)
        #expect(!plan.written.text("compose.yaml").contains(password))
        #expect(!plan.upCommand(engine()).arguments.contains { $0.contains(password) })
    }

    @Test func everyRunHasAPasswordOfItsOwn() throws {
        let (one, other) = try (plan(), plan())
        #expect(one.password?.count == 24 && one.password != other.password)
    }

    @Test func whatTheDefinitionAsksForStandsInTheProject() throws {
        let request = StackRequest.sample(.ipHash, replicas: 3, prometheusPort: 9090) { definition in
            definition.backend = .redis
            definition.storeCPUs = 0.5
            definition.storePool = 7
            definition.fallback = .mysql
            definition.prices = .perProduct
            definition.mysql = PartSettings(connections: 20, cpus: 0.25)
            definition.redis = PartSettings(connections: 33)
            definition.dataset = .generated(users: 1, products: 2, orders: 3, seed: 4)
        }
        let text = try plan(request).written.text("compose.yaml")
        #expect(
            text.contains(
                #""--backend", "redis", "--report-fallback", "mysql", "--prices", "per-product", "--pool-size", "7"]"#)
                && text.contains("\n    scale: 3\n"))
        // The local stack's control groups are told the same.
        #expect(text.contains("\n    # 0.5 cores.") && text.contains("\n    cpu_quota: 10000\n"))
        #expect(text.contains("\n    # 0.25 cores.\n    cpu_period: 20000\n    cpu_quota: 5000\n"))
        #expect(text.contains(#", "--max-connections=20"]"#) && text.contains(#", "--maxclients", "33"]"#))
        #expect(text.contains(#""--users", "1", "--products", "2", "--orders", "3", "--seed", "4"]"#))
        #expect(text.contains("127.0.0.1:9090:9090") && text.contains("\n  nginx:\n"))
    }

    @Test func nothingIsLimitedThatTheDefinitionLeavesOpen() throws {
        let text = try plan().written.text("compose.yaml")
        for word in ["cpu_quota", "--pool-size", "--max-connections", "--maxclients", "nginx", "{{"] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(text.contains("127.0.0.1::9090"))
    }

    @Test func replicasAreKnownByTheNamesThatComposeGivesThem() throws {
        let request = StackRequest.sample(.roundRobin, replicas: 2)
        let plan = try plan(request)
        #expect(plan.written.text("nginx.conf").contains("server storelab-x-store-2:5000 "))
        #expect(plan.written.text("nginx.conf").contains("listen 0.0.0.0:80 "))
        #expect(plan.written.text("prometheus.yml").contains(#"["storelab-x-store-1:5000"]"#))
        let old = try self.plan(request, engine: engine(compose: "1.29.2"))
        #expect(old.written.text("nginx.conf").contains("server storelab-x_store_2:5000 "))
    }

    @Test func anEngineThatCanChecksOftenAtTheStartOnly() throws {
        #expect(try plan().written.text("compose.yaml").contains("\n  interval: 2s\n"))
        let text = try plan(engine: engine(engine: "27.0.1")).written.text("compose.yaml")
        #expect(text.contains("\n  start_interval: 500ms\n") && text.contains("\n  interval: 60s\n"))
    }
}

/// Somebody's own project beside StoreLab's, without an engine.
@Suite(.timed) struct ProjectOverrideTests {
    private static let resolved = """
        {"services": {
          "web": {"networks": {"front": null, "back": null}, "ports": [{"target": 80}]},
          "db": {"container_name": "shop-db", "ports": [{"target": 3306}],
            "volumes": [{"type": "volume", "source": "data"}, {"type": "bind", "source": "/home/me/dump"},
              {"type": "bind", "source": "/etc/my.cnf", "read_only": true}]},
          "worker": {}, "edge": {"network_mode": "host"}},
         "networks": {"front": {"name": "p_front"}, "back": {"name": "company", "external": true}, "default": null},
         "volumes": {"data": {"name": "shop-data"}, "cache": {"name": "p_cache"}}}
        """

    private func override(
        _ request: StackRequest, service: String = "web", restore: DataRestore? = nil
    ) -> ProjectOverride {
        ProjectOverride(
            templates: Repository.templates, request: request, engine: engine(), images: images,
            own: OwnProject(file: "/home/me/shop/compose.yaml", service: service, port: 8000, restore: restore),
            proxyImage: "storelab-proxy:1", project: "p",
            folder: "/w/p")
    }

    private static let files = ComposeFiles(
        named: ["/home/me/shop/compose.yaml"], environment: [:],
        exists: { $0.hasSuffix("/compose.yaml") || $0.hasSuffix("/compose.override.yaml") }, read: { _ in nil })

    private func plan(
        _ request: StackRequest = .sample(), service: String = "web", restore: DataRestore? = nil
    ) throws -> ComposePlan {
        try override(request, service: service, restore: restore).plan(
            JSONDecoder().decode(ResolvedProject.self, from: Data(Self.resolved.utf8)), files: Self.files,
            entrance: 18_080)
    }

    @Test func itsOwnFileComesFirstAndOursAfterIt() throws {
        let request = StackRequest.sample(replicas: 2)
        let command = try plan(request).upCommand(engine())
        #expect(
            command.arguments == [
                "compose", "--project-name", "p", "--project-directory", "/home/me/shop", "--file",
                "/home/me/shop/compose.yaml", "--file", "/home/me/shop/compose.override.yaml", "--file",
                "/w/p/override.yaml", "up", "--detach", "--scale", "web=2",
            ])
        #expect(command.folder == "/home/me/shop")
    }

    @Test func nothingIsWrittenBesideItsFile() throws {
        let plan = try plan()
        #expect(plan.written.map(\.name) == ["override.yaml", "prometheus.yml"])
        #expect(plan.dataset == nil && plan.password == nil && !plan.demandsMetrics)
    }

    @Test func fixedPortsNamesNetworksAndVolumesAreTakenAway() throws {
        let text = try plan().written.text("override.yaml")
        #expect(text.contains("  db:\n    container_name: !reset null\n    ports: !override []\n"))
        #expect(text.contains("  web:\n    ports: !override [\"127.0.0.1:18080:8000\"]\n"))
        #expect(!text.contains("worker"))
        // What is the project's own anyway stays.
        #expect(text.contains("\n  back: !override {}\n") && !text.contains("  front: !override"))
        #expect(text.contains("\n  data: !override {}\n") && !text.contains("  cache: !override"))
        #expect(text.contains("networks: [back, front]"))
    }

    @Test func aBalancerOfOursStandsInFront() throws {
        let plan = try plan(.sample(.leastConnections, replicas: 2) { $0.storeCPUs = 0.5 })
        let text = plan.written.text("override.yaml")
        #expect(text.contains("  web:\n    ports: !override []\n    cpus: 0.5\n"))
        #expect(text.contains("127.0.0.1:18080:80") && text.contains("image: nginx:test"))
        #expect(plan.balancer == "storelab-nginx" && plan.prometheus == "storelab-prometheus")
        #expect(plan.written.text("nginx.conf").contains("server p-web-2:8000 "))
    }

    private static let withDatabase = """
        {"services": {"web": {"networks": {"front": null, "back": null}}, "idle": {"networks": {"front": null}},
          "worker": {"networks": {"back": null}}, "host": {"network_mode": "host"},
          "db": {"image": "mysql:8", "networks": {"back": null}},
          "queue": {"image": "own-queue", "networks": {"back": null}},
          "cache": {"image": "redis:7", "ports": [{"target": 6380, "published": "1"}], "networks": {"back": null}}}}
        """

    private func proxied(_ parts: [String], _ request: StackRequest = .sample()) throws -> ComposePlan {
        var request = request
        request.proxy = ProxyRequest(parts: parts, seed: 3)
        return try override(request).plan(
            JSONDecoder().decode(ResolvedProject.self, from: Data(Self.withDatabase.utf8)), files: Self.files,
            entrance: 18_080)
    }

    @Test func whoUsesAProxiedServiceIsLedToTheProxyByItsName() throws {
        let plan = try proxied(["mysql", "cache"])
        #expect(
            plan.proxy?.listeners == [
                .init(part: "db", port: 3306, upstream: "db:3306"),
                .init(part: "cache", port: 6380, upstream: "cache:6380"),
            ])
        let text = plan.written.text("override.yaml")
        let both = "links: [\"storelab-proxy:cache\", \"storelab-proxy:db\"]\n"
        #expect(text.contains("  web:\n    \(both)    ports: !override [\"127.0.0.1:18080:8000\"]\n"))
        #expect(text.contains("  worker:\n    \(both)"))
        // They reach each other by it too, but none itself.
        #expect(text.contains("  db:\n    links: [\"storelab-proxy:cache\"]\n"))
        #expect(!text.contains("  idle:") && !text.contains("  host:"))
        #expect(text.contains("  storelab-proxy:\n    image: storelab-proxy:1\n"))
        #expect(text.contains("tmpfs: [/run]\n    networks: [back, front]\n"))
    }

    @Test func aProxiedReplicaIsFoundByNginxAlone() throws {
        let plan = try proxied(["web-2"], .sample(.roundRobin, replicas: 2))
        let nginx = plan.written.text("nginx.conf")
        #expect(nginx.contains("server p-web-1:8000 ") && nginx.contains("server storelab-proxy:5002 "))
        let text = plan.written.text("override.yaml")
        #expect(!text.contains("links:") && text.contains("depends_on: [web, storelab-proxy]"))
        #expect(text.contains("127.0.0.1:18080:80"))
    }

    @Test func theEntranceOfAProjectIsProxiedToo() throws {
        let balanced = try proxied(["nginx"], .sample(.roundRobin, replicas: 2)).written.text("override.yaml")
        #expect(balanced.contains("tmpfs: [/run]\n    ports: [\"127.0.0.1:18080:80\"]\n"))
        #expect(balanced.contains("ports: [\"127.0.0.1::80\"]"))
        let single = try proxied(["web-1"]).written.text("override.yaml")
        #expect(single.contains("tmpfs: [/run]\n    ports: [\"127.0.0.1:18080:5001\"]\n"))
        #expect(single.contains("  web:\n    ports: !override []\n"))
    }

    @Test func whatCannotBeProxiedIsSaid() {
        for (part, words) in [("queue", "at which port queue listens"), ("host", "host has network_mode")] {
            #expect { try proxied([part]) } throws: { error in
                (error as? Problem)?.kind == .usage && (error as? Problem)?.message.contains(words) == true
            }
        }
    }

    @Test func foldersOfThisMachineThatItMayWriteAreNamed() throws {
        let notes = try plan().notes
        #expect(notes.count == 2)
        #expect(notes.last == "Folders of this machine that the project uses: db may write into /home/me/dump.")
    }

    @Test func aDatabaseThatIsRecognisedIsWatchedAndItsPasswordKeptSecret() throws {
        let text = """
            {"services": {"web": {}, "db": {"image": "mysql:8", "environment": {"MYSQL_ROOT_PASSWORD": "hunter2secret"}}}}
            """
        let request = StackRequest.sample()
        let plan = try override(request).plan(
            JSONDecoder().decode(ResolvedProject.self, from: Data(text.utf8)), files: Self.files, entrance: 18_080)
        #expect(plan.databases.mysql?.service == "db" && plan.databases.redis == nil)
        #expect(request.secrets.values == ["hunter2secret"])
        #expect(plan.notes.contains { $0.hasSuffix("writes nothing there: db.") })
        #expect(!plan.notes.joined().contains("hunter2secret"))
        #expect(!plan.written.contains { $0.text.contains("hunter2secret") })
    }

    @Test func aServiceThatIsNotThereIsNamedWithThoseThatAre() throws {
        #expect {
            try plan(service: "shop")
        } throws: { error in
            (error as? Problem)?.kind == .usage
                && (error as? Problem)?.message
                    == "/home/me/shop/compose.yaml has no service shop; it has: db, edge, web, worker"
                && (error as? Problem)?.nextStep?.contains("COMPOSE_PROFILES") == true
        }
    }

    @Test func aServiceOnTheHostsNetworkIsMeasuredByItsURL() throws {
        #expect {
            try plan(service: "edge")
        } throws: { error in
            (error as? Problem)?.message.contains("network_mode: host") == true
                && (error as? Problem)?.nextStep?.contains("url: http://127.0.0.1:8000") == true
        }
    }

    @Test func aCommandThatRestoresRunsInItsService() throws {
        let plan = try plan(restore: .command(service: "worker", command: "python reset.py"))
        let command = try #require(plan.restoreCommand(engine()))
        #expect(command.arguments.suffix(6) == ["exec", "-T", "worker", "/bin/sh", "-c", "python reset.py"])
        #expect(command.arguments.contains("/w/p/override.yaml") && command.folder == "/home/me/shop")
        #expect(try self.plan().restoreCommand(engine()) == nil)
        #expect(throws: Problem.self) { try self.plan(restore: .command(service: "shop", command: "x")) }
    }

    @Test func aVolumeIsCopiedInAnImageOfTheProject() {
        let copy = VolumeCopy(from: "p_data", to: VolumeCopy.kept("p_data"), image: "mysql:8.4", project: "p")
        #expect(
            copy.create
                == ["volume", "create", "--label", "com.docker.compose.project=p", "p_data-storelab-start"])
        #expect(
            copy.arguments == [
                "run", "--rm", "--network", "none", "--user", "0:0", "--label", "com.docker.compose.project=p",
                "--volume", "p_data:/from:ro", "--volume", "p_data-storelab-start:/to", "--entrypoint", "/bin/sh",
                "mysql:8.4", "-c", "cd /to && rm -rf ./* ./.[!.]* ./..?* && cp -a /from/. /to/",
            ])
    }
}
