import Foundation
import Model
import Stacks
import TestSupport
import Testing

@Suite(.timed) struct DatabaseRecognitionTests {
    private func recognised(_ services: String) throws -> RecognisedDatabases {
        let text = "{\"services\": {\(services)}}"
        return RecognisedDatabases(try JSONDecoder().decode(ResolvedProject.self, from: Data(text.utf8)))
    }

    @Test func theCoursesDatabasesAreRecognised() throws {
        let found = try recognised(
            """
            "store_manager": {"build": {"context": "."}, "environment": {"MYSQL_PASSWORD": "not its own"}},
            "mysql": {"image": "mysql:8.4", "environment": {"MYSQL_ROOT_PASSWORD": "root", "MYSQL_DATABASE": "d",
                "MYSQL_USER": "labo04", "MYSQL_PASSWORD": "secret"}},
            "redis": {"image": "redis:7", "command": ["redis-server", "--bind", "0.0.0.0"]}
            """)
        #expect(found.mysql == .init(service: "mysql", user: "labo04", password: "secret"))
        #expect(found.redis == .init(service: "redis"))
    }

    @Test(arguments: [
        (#""image": "mariadb", "environment": {"MARIADB_ROOT_PASSWORD": "x"}"#, "root", "x"),
        (#""image": "docker.io/library/mysql:8@sha256:0", "environment": {"MYSQL_ROOT_PASSWORD": "x"}"#, "root", "x"),
        (#""image": "mysql", "environment": {"MYSQL_ALLOW_EMPTY_PASSWORD": "yes"}"#, "root", ""),
        (#""image": "mysql/mysql-server:8.0", "environment": {"MYSQL_USER": "u", "MYSQL_PASSWORD": "p"}"#, "u", "p"),
        (#""command": "mysqld --max-connections=10", "environment": {"MYSQL_ROOT_PASSWORD": "x"}"#, "root", "x"),
    ])
    func aDatabaseLetsInWhomItsEnvironmentNames(service: String, user: String, password: String) throws {
        #expect(try recognised("\"db\": {\(service)}").mysql == .init(service: "db", user: user, password: password))
    }

    @Test(arguments: [
        #""image": "mysql:8""#, #""image": "mysql:8", "environment": {"MYSQL_ROOT_PASSWORD_FILE": "/run/x"}"#,
        #""image": "postgres:16", "environment": {"POSTGRES_PASSWORD": "x"}"#,
        #""image": "prom/mysqld-exporter", "environment": {"MYSQL_ROOT_PASSWORD": "x"}"#,
        #""image": "my/app", "environment": {"MYSQL_ROOT_PASSWORD": "x"}"#, #""image": null, "command": null"#,
        #""image": "oliver006/redis_exporter""#, #""image": "redis/redisinsight""#,
    ])
    func whatIsNoneOrLetsNobodyInIsLeftAlone(service: String) throws {
        #expect(try recognised("\"x\": {\(service)}") == RecognisedDatabases())
    }

    @Test(
        arguments: [
            (#""image": "redis:7""#, nil), (#""image": "valkey/valkey:8""#, nil),
            (#""image": "redis", "command": ["redis-server", "--requirepass", "s3"]"#, "s3"),
            (
                #""image": "redis", "command": ["sh", "-c", "redis-server --requirepass \"$$PASS\""], "environment": {"PASS": "s4"}"#,
                "s4"
            ),
            (#""image": "bitnami/redis:7", "environment": {"REDIS_PASSWORD": "s5"}"#, "s5"),
            (#""image": "redis", "environment": {"REDIS_PASSWORD": "not its own"}"#, nil),
        ] as [(String, String?)])
    func aRedisMayAskForAPassword(service: String, password: String?) throws {
        #expect(try recognised("\"cache\": {\(service)}").redis == .init(service: "cache", password: password))
    }

    @Test func passwordsStandInTheEnvironmentAlone() throws {
        let both = RecognisedDatabases(
            mysql: .init(service: "db", user: "u", password: "geheim"), redis: .init(service: "r", password: "auch"))
        let command = try #require(both.watch("/b/store", mysql: "172.18.0.3", redis: "172.18.0.4"))
        #expect(
            command.arguments == [
                "watch", "--mysql-host", "172.18.0.3", "--mysql-port", "3306", "--mysql-user", "u", "--redis-host",
                "172.18.0.4", "--redis-port", "6379",
            ])
        #expect(command.environment == ["DB_PASSWORD": "geheim", "REDIS_PASSWORD": "auch"])
        let cache = try #require(both.watch("/b/store", mysql: nil, redis: "172.18.0.4"))
        #expect(cache.arguments.prefix(2) == ["watch", "--without-mysql"])
        #expect(cache.environment == ["REDIS_PASSWORD": "auch"])
        #expect(both.watch("/b/store", mysql: nil, redis: nil) == nil)
        #expect(RecognisedDatabases().watch("/b/store", mysql: "172.18.0.3", redis: nil) == nil)
    }
}
