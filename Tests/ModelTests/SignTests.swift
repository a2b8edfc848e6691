import Model
import TestSupport
import Testing

/// The signs of each line of a text, in their order.
private func signs(_ text: String) -> [SignKind] {
    var found: [SignKind] = []
    Array(text.utf8).withUnsafeBytes { SignScanner.shared.lines(in: $0) { sign, _, _ in found.append(sign) } }
    return found
}

@Suite(.timed) struct SignTests {
    @Test(arguments: [
        ("pymysql.err.OperationalError: (1040, 'Too many connections')", SignKind.mysqlTooManyConnections),
        ("(pymysql.err.OperationalError) (1040, 'ny connections')", .mysqlTooManyConnections),
        (#"{"error": "1040 (08004): Too many connections"}"#, .mysqlTooManyConnections),
        ("Error: ER_CON_COUNT_ERROR: Too many connections", .mysqlTooManyConnections),
        (
            #"Data source rejected establishment of connection,  message from server: "Too many connections""#,
            .mysqlTooManyConnections
        ),
        ("Error 1040: Too many connections", .mysqlTooManyConnections),
        ("SQLSTATE[HY000] [1040] Too many connections", .mysqlTooManyConnections),
        (
            "(1203, \"User app already has more than 'max_user_connections' active connections\")",
            .mysqlUserConnections
        ),
        ("User app has already more than 'max_user_connections' active connections", .mysqlUserConnections),
        (
            "(1226, \"User 'app' has exceeded the 'max_user_connections' resource (current value: 5)\")",
            .mysqlUserConnections
        ),
        ("(1205, 'Lock wait timeout exceeded; try restarting transaction')", .mysqlLockWait),
        ("(1213, 'Deadlock found when trying to get lock; try restarting transaction')", .mysqlDeadlock),
        ("FATAL:  sorry, too many clients already", .postgresTooManyClients),
        (
            "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
            .postgresTooManyClients
        ),
        (
            "2026/11/25 13:00:00 [error] 7#7: *9 upstream timed out (110: Connection timed out) while reading response header from upstream",
            .nginxTimedOut
        ),
        ("2026/11/25 13:00:00 [alert] 7#7: 64 worker_connections are not enough", .nginxWorkerConnections),
        ("[error] 7#7: *9 no live upstreams while connecting to upstream, client: 10.0.0.1", .nginxNoUpstreams),
        (
            "[error] 7#7: *9 connect() failed (111: Connection refused) while connecting to upstream, upstream: \"http://10.0.0.7:5000/\"",
            .nginxConnectRefused
        ),
        ("redis.exceptions.ConnectionError: max number of clients reached", .redisClients),
        (
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
            .redisPersistence
        ),
        ("OOM command not allowed when used memory > 'maxmemory'.", .redisMemory),
        ("TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out", .sqlAlchemyPool),
        ("HikariPool-1 - Connection is not available, request timed out after 30000ms.", .hikariPool),
        ("OSError: [Errno 24] Too many open files", .openFiles),
        ("Error: EMFILE: too many open files, open '/tmp/x'", .openFiles),
        ("accept4() failed (24: No file descriptors available)", .openFiles),
        ("MemoryError", .memory), ("java.lang.OutOfMemoryError: Java heap space", .memory),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", .memory),
        ("[ERROR] Worker (pid:7) was sent SIGKILL! Perhaps out of memory?", .memory),
        ("Error: connect ECONNREFUSED 172.18.0.3:3306", .connectionRefused),
        ("dial tcp 172.18.0.3:6379: connect: connection refused", .connectionRefused),
        (
            "(2003, \"Can't connect to MySQL server on 'mysql' ([Errno 111] Connection refused)\")",
            .connectionRefused
        ),
        (
            "redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.",
            .connectionRefused
        ),
        (
            "connection to server at \"db\" (172.18.0.2), port 5432 failed: Connection refused", .connectionRefused
        ),
        (
            "HTTPConnectionPool(host='stock', port=8080): Max retries exceeded [Errno 111] Connection refused",
            .connectionRefused
        ),
    ])
    func aProgramsOwnWordsAreRecognised(line: String, sign: SignKind) {
        #expect(signs("before\n\(line)\nafter") == [sign])
        #expect(signs(line) == [sign])
    }

    @Test(arguments: [
        "BrokenPipeError: [Errno 32] Broken pipe", "[Errno 104] Connection reset by peer",
        "421 Too many connections from your address", "the page says: too many connections",
        "SET GLOBAL max_user_connections = 10", "innodb_lock_wait_timeout = 5", "Deadlock-free since 2019",
        "events { worker_connections 1024; }", "an upstream timed out", "maxclients 10000",
        "QueuePool size: 5", "Connection is not available", "-XX:+HeapDumpOnOutOfMemoryError",
        "MemoryErrorHandler is ready", "MEMFILE_LIMIT=3", "a file named ECONNREFUSED.md", "12:34:56 Connection refused",
        "2026-11-30T12:34:56.120 connection refused", "OOM score adjusted", "MISCONF",
        "(1040, 7)", "1040 users, 1213 orders, 1205 items",
    ])
    func whatOnlyLooksLikeOneIsNone(line: String) {
        #expect(signs(line) == [])
    }

    @Test func aLineCountsOnceForEachOfItsSigns() {
        let text = """
            (1040, 'Too many connections') (1040, 'Too many connections') QueuePool limit of size 5
            nothing
            (1040, 'Too many connections')
            """
        #expect(signs(text) == [.mysqlTooManyConnections, .sqlAlchemyPool, .mysqlTooManyConnections])
    }

    /// Wherever a text begins, no jump passes over it.
    @Test func noPositionIsMissed() {
        for before in 0..<40 {
            for filler in ["x", "s", "n", "EMFI", "Too m"] {
                let text =
                    String(String(repeating: filler, count: before).prefix(before)) + " QueuePool limit of size 5"
                #expect(signs(text) == [.sqlAlchemyPool], "\(before) of \(filler)")
            }
        }
        #expect(signs("") == [] && signs("E") == [] && signs("EMFILE") == [.openFiles])
    }

    @Test func theExampleIsTheLineAndIsShownAroundItsSign() {
        let long =
            String(repeating: "a", count: 600) + " (1040, 'Too many connections') "
            + String(repeating: "b", count: 3000)
        var kept = ""
        Array("x\r\n\(long)\n".utf8).withUnsafeBytes { bytes in
            SignScanner.shared.lines(in: bytes) { _, line, place in
                kept = SignExcerpt.kept(bytes, line: line, place: place)
            }
        }
        #expect(kept.hasPrefix("aaa") && kept.count == 1024)
        let shown = SignExcerpt.shown(kept, of: .mysqlTooManyConnections)
        #expect(shown.hasPrefix("…a") && shown.contains("(1040, 'Too many connections')") && shown.count <= 202)
        #expect(SignExcerpt.shown("no sign", of: .memory) == "no sign")
    }

    @Test func everySignIsRecognisedSomewhere() {
        for sign in SignKind.allCases { #expect(!sign.sources.isEmpty) }
        #expect(SignKind.nginxTimedOut.sources == [.log], "an answer that speaks of it is not Nginx's log")
    }
}
