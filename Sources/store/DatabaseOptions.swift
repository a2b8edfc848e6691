import ArgumentParser
import StoreBackends

/// Where the databases are: from the command line, else from the environment, else the usual.
struct DatabaseOptions: ParsableArguments {
    @Option(help: "Host of MySQL (DB_HOST; default 127.0.0.1).")
    var mysqlHost: String?
    @Option(help: "Port of MySQL (DB_PORT; default 3306).")
    var mysqlPort: String?
    @Option(help: "User at MySQL (DB_USER; default root). The password is in DB_PASSWORD.")
    var mysqlUser: String?
    @Option(help: "File with the user's password (DB_PASSWORD_FILE), where DB_PASSWORD is not set.")
    var mysqlPasswordFile: String?
    @Option(help: "Database at MySQL (DB_NAME; default storelab).")
    var mysqlDatabase: String?
    @Option(help: "TLS to MySQL: off, required, or verified with the host's name (DB_TLS; default off).")
    var mysqlTls: String?
    @Option(
        help:
            "File of who may sign MySQL's certificate (DB_TLS_CA; default: verified asks the system, required nobody).")
    var mysqlTlsCa: String?
    @Option(help: "Host of Redis or Valkey (REDIS_HOST); without it Redis is not used.")
    var redisHost: String?
    @Option(help: "Port of Redis (REDIS_PORT; default 6379).")
    var redisPort: String?
    @Option(help: "User at Redis (REDIS_USER; default Redis's own). The password is in REDIS_PASSWORD.")
    var redisUser: String?
    @Option(help: "File with the password for Redis (REDIS_PASSWORD_FILE), where REDIS_PASSWORD is not set.")
    var redisPasswordFile: String?

    var mysql: MySQLConfiguration {
        get throws {
            var mysql = MySQLConfiguration(
                host: Setting.text(mysqlHost, "DB_HOST") ?? "127.0.0.1",
                port: try Setting.number(mysqlPort, "--mysql-port", "DB_PORT", in: Setting.ports) ?? 3306,
                user: Setting.text(mysqlUser, "DB_USER") ?? "root",
                password: try Setting.secret("DB_PASSWORD", file: mysqlPasswordFile) ?? "",
                database: Setting.text(mysqlDatabase, "DB_NAME") ?? "storelab")
            mysql.encryption = try Setting.choice(mysqlTls, "--mysql-tls", "DB_TLS") ?? .off
            mysql.certificateAuthority = Setting.text(mysqlTlsCa, "DB_TLS_CA")
            return mysql
        }
    }

    var redis: RedisConfiguration? {
        get throws {
            let port = try Setting.number(redisPort, "--redis-port", "REDIS_PORT", in: Setting.ports) ?? 6379
            guard let host = Setting.text(redisHost, "REDIS_HOST") else { return nil }
            return RedisConfiguration(
                host: host, port: port, user: Setting.text(redisUser, "REDIS_USER"),
                password: try Setting.secret("REDIS_PASSWORD", file: redisPasswordFile))
        }
    }
}
