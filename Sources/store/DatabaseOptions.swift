import ArgumentParser
import StoreBackends

/// Where the databases are: from the command line, else from the environment, else the usual.
struct DatabaseOptions: ParsableArguments {
    @Option(help: "Host of MySQL (DB_HOST; default 127.0.0.1).")
    var mysqlHost: String?
    @Option(help: "Port of MySQL (DB_PORT; default 3306).")
    var mysqlPort: String?
    @Option(help: "User at MySQL (DB_USER; default root).")
    var mysqlUser: String?
    @Option(help: "The user's password (DB_PASSWORD; default empty).")
    var mysqlPassword: String?
    @Option(help: "Database at MySQL (DB_NAME; default storelab).")
    var mysqlDatabase: String?
    @Option(help: "Host of Redis (REDIS_HOST); without it Redis is not used.")
    var redisHost: String?
    @Option(help: "Port of Redis (REDIS_PORT; default 6379).")
    var redisPort: String?

    var mysql: MySQLConfiguration {
        get throws {
            MySQLConfiguration(
                host: Setting.text(mysqlHost, "DB_HOST") ?? "127.0.0.1",
                port: try Setting.number(mysqlPort, "--mysql-port", "DB_PORT", in: Setting.ports) ?? 3306,
                user: Setting.text(mysqlUser, "DB_USER") ?? "root",
                password: Setting.text(mysqlPassword, "DB_PASSWORD") ?? "",
                database: Setting.text(mysqlDatabase, "DB_NAME") ?? "storelab")
        }
    }

    var redis: RedisConfiguration? {
        get throws {
            let port = try Setting.number(redisPort, "--redis-port", "REDIS_PORT", in: Setting.ports) ?? 6379
            return Setting.text(redisHost, "REDIS_HOST").map { RedisConfiguration(host: $0, port: port) }
        }
    }
}
