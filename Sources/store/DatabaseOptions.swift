import ArgumentParser
import StoreBackends

/// Where the databases are: from the command line, else from the environment, else the usual.
struct DatabaseOptions: ParsableArguments {
    @Option(help: "MySQL host, or the path of its Unix socket (DB_HOST; default 127.0.0.1).")
    var mysqlHost: String?
    @Option(help: "MySQL port (DB_PORT; default 3306).")
    var mysqlPort: String?
    @Option(help: "MySQL user (DB_USER; default root). The password is read from DB_PASSWORD.")
    var mysqlUser: String?
    @Option(help: "File with the password for MySQL (DB_PASSWORD_FILE), if DB_PASSWORD is not set.")
    var mysqlPasswordFile: String?
    @Option(help: "MySQL database (DB_NAME; default storelab).")
    var mysqlDatabase: String?
    @Option(
        help:
            "TLS to MySQL: off, required, or verified, which also checks the certificate and the host name (DB_TLS; default off)."
    )
    var mysqlTls: String?
    @Option(
        help:
            "File with the certificates that may sign that of MySQL (DB_TLS_CA; default: those of the system with verified, any with required)."
    )
    var mysqlTlsCa: String?
    @Option(
        help: "Host of Redis or Valkey, or the path of its Unix socket (REDIS_HOST). Without it, Redis is not used.")
    var redisHost: String?
    @Option(help: "Redis port (REDIS_PORT; default 6379).")
    var redisPort: String?
    @Option(
        help: "Redis user (REDIS_USER; default: the default user of Redis). The password is read from REDIS_PASSWORD.")
    var redisUser: String?
    @Option(help: "File with the password for Redis (REDIS_PASSWORD_FILE), if REDIS_PASSWORD is not set.")
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
