/// A text by which a sign is recognised in a line.
struct SignText: Sendable {
    var kind: SignKind
    var text: String
    /// Of these the line must hold one as well; none where the text is nobody else's.
    var beside: [String] = []
    /// Of these the line must hold none: then it is another sign's.
    var unless: [String] = []
    /// It is no part of a longer word.
    var isWord = false
    /// The line must name a host and a port, or a host in MySQL's words.
    var namesHost = false

    /// The programs' own texts: MySQL error reference; `src/backend/storage` of PostgreSQL; `src/event` and `src/http` of Nginx;
    /// `src/networking.c` and `src/server.c` of Redis; `lib/sqlalchemy/pool/impl.py`; `HikariPool.java`; errno(3).
    static let all: [SignText] = [
        SignText(
            kind: .mysqlTooManyConnections, text: "Too many connections",
            beside: ["1040", "ER_CON_COUNT_ERROR", "08004", "message from server"]),
        // PyMySQL before 1.1.1 cuts off the beginning of what MySQL says before it greets: `(1040, 'ny connections')`.
        SignText(kind: .mysqlTooManyConnections, text: "(1040, ", beside: ["ny connections"]),
        SignText(kind: .mysqlUserConnections, text: "already has more than", beside: ["max_user_connections"]),
        SignText(kind: .mysqlUserConnections, text: "has already more than", beside: ["max_user_connections"]),
        SignText(kind: .mysqlUserConnections, text: "has exceeded the", beside: ["max_user_connections"]),
        SignText(kind: .mysqlLockWait, text: "Lock wait timeout exceeded"),
        SignText(kind: .mysqlDeadlock, text: "Deadlock found when trying to get lock"),
        SignText(kind: .postgresTooManyClients, text: "too many clients already"),
        SignText(kind: .postgresTooManyClients, text: "remaining connection slots are reserved"),
        SignText(kind: .nginxTimedOut, text: "upstream timed out", beside: ["while "]),
        SignText(kind: .nginxWorkerConnections, text: "worker_connections are not enough"),
        SignText(kind: .nginxWorkerConnections, text: "worker_connections is not enough"),
        SignText(kind: .nginxNoUpstreams, text: "no live upstreams", beside: ["while connecting to upstream"]),
        SignText(kind: .nginxConnectRefused, text: "connect() failed (111"),
        SignText(kind: .redisClients, text: "max number of clients reached"),
        SignText(kind: .redisPersistence, text: "MISCONF", beside: ["Redis", "Valkey", "RDB"], isWord: true),
        SignText(kind: .redisMemory, text: "OOM command not allowed"),
        SignText(kind: .sqlAlchemyPool, text: "QueuePool limit of size"),
        SignText(kind: .hikariPool, text: "Connection is not available, request timed out"),
        SignText(kind: .openFiles, text: "Too many open files"),
        SignText(kind: .openFiles, text: "No file descriptors available"),
        SignText(kind: .openFiles, text: "EMFILE", isWord: true),
        SignText(kind: .memory, text: "MemoryError", isWord: true),
        SignText(kind: .memory, text: "OutOfMemoryError", isWord: true),
        SignText(kind: .memory, text: "JavaScript heap out of memory"),
        SignText(kind: .memory, text: "Perhaps out of memory"),
        SignText(
            kind: .connectionRefused, text: "ECONNREFUSED", unless: ["connect() failed (111"], isWord: true,
            namesHost: true),
        SignText(
            kind: .connectionRefused, text: "Connection refused", unless: ["connect() failed (111"], namesHost: true),
        SignText(
            kind: .connectionRefused, text: "connection refused", unless: ["connect() failed (111"], namesHost: true),
    ]
}
