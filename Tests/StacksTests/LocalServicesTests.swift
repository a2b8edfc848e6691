import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// Command lines and files of the local stack, without a process.
@Suite(.timed) struct LocalServicesTests {
    private static let databases = Databases(mysqlPort: 3307, redisPort: 6380)
    private static let databaseArguments = [
        "--mysql-host", "127.0.0.1", "--mysql-port", "3307", "--mysql-user", "store", "--mysql-database", "storelab",
        "--redis-host", "127.0.0.1", "--redis-port", "6380",
    ]
    private static let marker = ["STORELAB_WORKSPACE": "/w"]
    private static let secret = ["STORELAB_WORKSPACE": "/w", "DB_PASSWORD": "geheim"]

    private func services(_ request: StackRequest = .sample()) -> LocalServices {
        LocalServices(
            templates: Repository.templates, request: request, storeExecutable: "/b/store", workspace: "/w",
            folder: "/w/stack-1", password: "geheim")
    }

    @Test func theDatabaseReadsItsFilesAndMakesItsUser() throws {
        let service = try services().mariadb(port: 3307, executable: "/usr/sbin/mariadbd", cpuGroup: nil)
        let home = "/w/stack-1/mariadb"
        #expect(
            service.command
                == Command(
                    "/usr/sbin/mariadbd", ["--defaults-file=\(home)/my.cnf", "--init-file=\(home)/init.sql"],
                    environment: Self.marker, folder: home))
        #expect(service.name == "mariadb" && service.log == "/logs/mariadb.log")
        // Its data are thrown away.
        #expect(service.grace == nil)
        #expect(service.files.map(\.name) == ["my.cnf", "init.sql"])
        let configuration = service.files.text("my.cnf")
        #expect(configuration.contains("\ndatadir = \(home)/data\n") && configuration.contains("\nport = 3307\n"))
        #expect(configuration.contains("\nbind-address = 127.0.0.1\n"))
        #expect(!configuration.contains("max_connections") && !configuration.contains("geheim"))
        #expect(configuration.contains("\nuser = root\n") == (getuid() == 0))
        // Over TCP and by its socket.
        for host in ["127.0.0.1", "localhost"] {
            #expect(service.files.text("init.sql").contains("'store'@'\(host)' IDENTIFIED BY 'geheim';\n"))
        }
    }

    @Test func capacitiesAreConfigured() throws {
        let services = services(
            .sample(.roundRobin) { definition in
                definition.mysql = PartSettings(connections: 20)
                definition.redis = PartSettings(connections: 33)
                definition.nginx = PartSettings(connections: 64)
                definition.storePool = 7
                definition.fallback = .mysql
                definition.prices = .perOrder
            })
        let database = try services.mariadb(port: 1, executable: "/m", cpuGroup: nil)
        #expect(database.files.text("my.cnf").contains("\nmax_connections = 20\n"))
        let cache = try services.redis(port: 1, executable: "/r", cpuGroup: nil)
        #expect(cache.files.text("redis.conf").contains("\nmaxclients 33\n"))
        let balancer = try services.nginx(port: 1, executable: "/n", stores: [], cpuGroup: nil)
        #expect(balancer.files.text("nginx.conf").contains("worker_connections 64;"))
        let store = services.store(number: 1, port: 1, databases: Self.databases, cpuGroup: nil)
        #expect(store.command.arguments.firstRange(of: ["--pool-size", "7"]) != nil)
        #expect(store.command.arguments.firstRange(of: ["--report-fallback", "mysql", "--prices", "per-order"]) != nil)
    }

    @Test func theCacheSavesNothing() throws {
        let service = try services().redis(port: 6380, executable: "/usr/bin/redis-server", cpuGroup: nil)
        let home = "/w/stack-1/redis"
        #expect(
            service.command
                == Command("/usr/bin/redis-server", ["\(home)/redis.conf"], environment: Self.marker, folder: home))
        let configuration = service.files.text("redis.conf")
        #expect(configuration.contains("\nport 6380\n") && configuration.contains("\nsave \"\"\n"))
        #expect(!configuration.contains("maxclients"))
    }

    @Test func aReplicaIsToldWhereTheDatabasesAre() {
        let request = StackRequest.sample { $0.backend = .redisScan }
        let service = services(request).store(number: 2, port: 5002, databases: Self.databases, cpuGroup: nil)
        #expect(
            service.command
                == Command(
                    "/b/store",
                    ["serve", "--host", "127.0.0.1", "--port", "5002", "--name", "store-2", "--backend", "redis-scan"]
                        + Self.databaseArguments,
                    environment: Self.secret, folder: "/w/stack-1/store-2"))
        // It may end the requests that it has.
        #expect(service.grace == .seconds(1) && service.files.isEmpty)
    }

    @Test(arguments: [(Balancer.leastConnections, "        least_conn;\n"), (.ipHash, "        ip_hash;\n")])
    func theBalancerSharesOutAmongTheReplicas(policy: Balancer, directive: String) throws {
        let service = try services(.sample(policy, replicas: 2)).nginx(
            port: 8080, executable: "/usr/sbin/nginx", stores: [Component(replica: 1), Component(replica: 2)],
            cpuGroup: nil)
        let home = "/w/stack-1/nginx"
        #expect(
            service.command
                == Command(
                    "/usr/sbin/nginx",
                    ["-p", home, "-c", "\(home)/nginx.conf", "-e", "stderr", "-g", "daemon off;"],
                    environment: Self.marker, folder: home))
        let configuration = service.files.text("nginx.conf")
        #expect(configuration.contains("listen 127.0.0.1:8080 ") && configuration.contains(directive))
        #expect(configuration.contains("server 127.0.0.1:5001 ") && configuration.contains("server 127.0.0.1:5002 "))
    }

    @Test func prometheusStartsWithoutTargetsAndIsToldOfThemLater() throws {
        let service = try services().prometheus(port: 9090, executable: "/usr/bin/prometheus")
        #expect(service.command.arguments.contains("--web.listen-address=127.0.0.1:9090"))
        #expect(service.command.arguments.contains("--storage.tsdb.path=/w/stack-1/prometheus/data"))
        #expect(!service.files.text("prometheus.yml").contains("targets:"))
        let targets = try services().prometheusTargets([Component(replica: 1)])
        #expect(targets.name == "prometheus.yml" && targets.text.contains(#"targets: ["127.0.0.1:5001"]"#))
    }

    @Test func thePasswordStandsInNoCommandLine() throws {
        let services = services()
        let all = [
            try services.mariadb(port: 1, executable: "/m", cpuGroup: nil).command,
            services.store(number: 1, port: 1, databases: Self.databases, cpuGroup: nil).command,
            services.storeCommand(["watch"], databases: Self.databases),
        ]
        // Every user of the machine can see a command line.
        #expect(!all.flatMap(\.arguments).contains { $0.contains("geheim") })
    }

    @Test func shortCallsOfTheStoreGoToTheSameDatabases() {
        #expect(
            services().storeCommand(["count-orders"], databases: Self.databases)
                == Command(
                    "/b/store", ["count-orders"] + Self.databaseArguments, environment: Self.secret,
                    folder: "/w/stack-1"))
    }

    @Test func theDatabaseIsInstalledIntoItsOwnFolder() {
        let command = services().installCommand("/usr/bin/mariadb-install-db", in: "/w/stack-1/mariadb")
        #expect(command.arguments.contains("--datadir=/w/stack-1/mariadb/data"))
        #expect(command.arguments.contains("--tmpdir=/w/stack-1/mariadb"))
        #expect(command.arguments.contains("--user=root") == (getuid() == 0))
        #expect(command.folder == "/w/stack-1/mariadb" && command.environment == Self.marker)
    }
}
