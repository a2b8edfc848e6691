import StoreBackends
import StoreServer
import TestSupport
import Testing

/// Databases that ask for a password, and MySQL over TLS.
@Suite(.timed, .serialized, .onServers, WithServers(), .timeLimit(.minutes(10)))
struct AccessTests {
    private let servers: Servers

    init() throws {
        servers = try #require(Servers.current)
    }

    /// Places an order and reads it in the report.
    private func order(_ mysql: MySQLConfiguration, _ redis: RedisConfiguration) async throws -> Int {
        try await servers.withStore(
            configure: { ($0.mysql, $0.redis) = (mysql, redis) },
            { store in
                _ = try await store.placeOrder(NewOrder(userID: 1, items: [NewItem(productID: 1, quantity: 7)]))
                return try await store.bestSellers().rows.first { $0.productID == 1 }?.quantitySold ?? 0
            })
    }

    private func run(_ command: [String]) throws {
        let child = try Child(command, log: "\(servers.folder)/commands.log")
        if child.waitBriefly() != 0 { throw child.failure("failed") }
    }

    /// A certificate of its own authority for 127.0.0.1.
    private func makeCertificates() throws {
        try run([
            "sh", "-euc",
            """
            cd "$1"
            echo "subjectAltName=IP:127.0.0.1" >names
            for name in ca other; do
              openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" -keyout $name.key -out $name.pem
            done
            openssl req -newkey rsa:2048 -nodes -subj "/CN=127.0.0.1" -keyout server.key -out server.csr
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names \
              -out server.pem
            """, "sh", servers.folder,
        ])
    }

    @Test func mysqlIsReachedOverTLSAndItsCertificateIsVerified() async throws {
        try await servers.load(.generated(users: 5, products: 4, orders: 0, seed: 5))
        try makeCertificates()
        let folder = servers.folder
        try await servers.processes.crashMySQL(
            servers,
            options: [
                "--ssl-ca=\(folder)/ca.pem", "--ssl-cert=\(folder)/server.pem", "--ssl-key=\(folder)/server.key",
            ])
        try run(
            servers.clientCommand + [
                "--execute",
                """
                CREATE USER 'guarded'@'127.0.0.1' IDENTIFIED BY 'p@ss word' REQUIRE SSL; \
                GRANT ALL ON \(servers.mysql.database).* TO 'guarded'@'127.0.0.1'
                """,
            ])
        var mysql = servers.mysql
        (mysql.user, mysql.password) = ("guarded", "p@ss word")
        await #expect(throws: StoreError.unavailable("MySQL cannot do it now (error 1045)")) {
            try await order(mysql, servers.redis)
        }
        mysql.encryption = .required
        #expect(try await order(mysql, servers.redis) == 7)
        mysql.certificateAuthority = "\(folder)/other.pem"
        await #expect(throws: StoreError.unavailable("MySQL cannot do it now (error 2026)")) {
            try await order(mysql, servers.redis)
        }
        mysql.encryption = .verified
        mysql.certificateAuthority = "\(folder)/ca.pem"
        #expect(try await order(mysql, servers.redis) == 14)
        mysql.certificateAuthority = "\(folder)/other.pem"
        await #expect(throws: StoreError.unavailable("MySQL cannot do it now (error 2026)")) {
            try await order(mysql, servers.redis)
        }
        mysql.certificateAuthority = "\(folder)/ca.pem"
        mysql.password = "wrong"
        await #expect(throws: StoreError.unavailable("MySQL cannot do it now (error 1045)")) {
            try await order(mysql, servers.redis)
        }
    }

    @Test func redisIsReachedWithAPasswordAndAUser() async throws {
        try await servers.load(.generated(users: 5, products: 4, orders: 0, seed: 5))
        let probe = try RedisProbe(servers.redis)
        #expect(try probe.text("CONFIG", "SET", "requirepass", "s3cret word") == "OK")
        #expect(try probe.text("ACL", "SETUSER", "lab", "on", ">other", "~*", "+@all") == "OK")
        var redis = servers.redis
        redis.password = "s3cret word"
        #expect(try await order(servers.mysql, redis) == 7)
        (redis.user, redis.password) = ("lab", "other")
        #expect(try await order(servers.mysql, redis) == 14)
        for password in ["wrong", nil] {
            redis.password = password
            // The order is taken all the same.
            await #expect(throws: StoreError.self) { try await order(servers.mysql, redis) }
        }
        (redis.user, redis.password) = (nil, "s3cret word")
        #expect(try await order(servers.mysql, redis) == 35)
        #expect(try probe.text("CONFIG", "SET", "requirepass", "") == "OK")
    }
}
