import CMariaDB

/// A connection over TCP or a Unix socket, with its prepared statements. Every call blocks, but `send` and `receive`.
///
/// Unchecked: the pool gives it to one thread at a time.
final class MySQLConnection: PooledConnection, @unchecked Sendable {
    let handle: UnsafeMutablePointer<MYSQL>
    private var statements: [String: MySQLStatement] = [:]
    let recordsChanges: Bool
    private(set) lazy var isMariaDB = String(cString: mysql_get_server_info(handle)).contains("MariaDB")
    private let onError: @Sendable (MySQLError) -> Void
    var isUsable = true
    var mayRepeat = true
    let timeoutSeconds: Int
    /// Whether the database has the procedures that place orders; nil until it was asked.
    var hasOrderProcedures: Bool?
    /// What was sent and not read to its end.
    var reading = Reading()
    /// The transaction that was sent failed, and may be open still.
    var failure: MySQLError?

    /// - Parameters:
    ///   - database: nil to connect to the server only.
    ///   - recordsChanges: whether changes are written into the outbox for the mirror.
    ///   - onError: called with every error, also those that are then retried.
    init(
        _ configuration: MySQLConfiguration, database: String?, recordsChanges: Bool = false,
        onError: @escaping @Sendable (MySQLError) -> Void = { _ in }
    ) throws {
        MySQLLibrary.prepareThread()
        guard let handle = mysql_init(nil) else { throw MySQLError(code: 2008, message: "out of memory") }
        self.handle = handle
        self.recordsChanges = recordsChanges
        timeoutSeconds = configuration.timeoutSeconds
        self.onError = onError
        let path = configuration.host.hasPrefix("/") ? configuration.host : nil
        set(MYSQL_OPT_PROTOCOL, (path == nil ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET).rawValue)
        set(MYSQL_OPT_CONNECT_TIMEOUT, UInt32(2))
        set(MYSQL_OPT_READ_TIMEOUT, UInt32(configuration.timeoutSeconds))
        set(MYSQL_OPT_WRITE_TIMEOUT, UInt32(configuration.timeoutSeconds))
        setEncryption(configuration)
        _ = mysql_options(handle, MYSQL_OPT_NONBLOCK, nil)
        _ = mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        let connected = mysql_real_connect(
            handle, path == nil ? configuration.host : nil, configuration.user, configuration.password, database,
            UInt32(configuration.port), path, UInt(CLIENT_FOUND_ROWS) | UInt(CLIENT_MULTI_STATEMENTS))
        guard connected != nil else {
            let error = lastError()
            mysql_close(handle)
            onError(error)
            throw error
        }
        do {
            try execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            try execute(
                "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 5, "
                    + "time_zone = '+00:00'")
            if isMariaDB { try execute("SET SESSION session_track_system_variables = 'last_insert_id'") }
        } catch {
            mysql_close(handle)
            throw error
        }
    }

    private func set(_ option: mysql_option, _ value: UInt32) {
        withUnsafePointer(to: value) { _ = mysql_options(handle, option, $0) }
    }

    private func setEncryption(_ configuration: MySQLConfiguration) {
        guard configuration.encryption != .off else { return }
        set(MYSQL_OPT_SSL_ENFORCE, my_bool(1))
        set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, my_bool(configuration.encryption == .verified ? 1 : 0))
        if let file = configuration.certificateAuthority { _ = mysql_options(handle, MYSQL_OPT_SSL_CA, file) }
    }

    private func set(_ option: mysql_option, _ value: my_bool) {
        withUnsafePointer(to: value) { _ = mysql_options(handle, option, $0) }
    }

    /// Whether the server still knows it.
    var answers: Bool { mysql_ping(handle) == 0 }

    func lastError() -> MySQLError {
        MySQLError(code: Int(mysql_errno(handle)), message: String(cString: mysql_error(handle)))
    }

    func failed(_ error: MySQLError) -> MySQLError {
        onError(error)
        if error.isConnectionLost { isUsable = false }
        return error
    }

    /// Runs a statement that the server keeps prepared.
    func query(_ sql: String, _ parameters: [MySQLValue] = []) throws -> MySQLResult {
        do {
            let statement = try prepared(sql)
            defer { if !statement.isUsable { statements.removeValue(forKey: sql)?.close() } }
            return try statement.execute(parameters)
        } catch let error as MySQLError {
            throw failed(error)
        }
    }

    private func prepared(_ sql: String) throws -> MySQLStatement {
        if let statement = statements[sql] { return statement }
        let statement = try MySQLStatement(sql, on: handle)
        statements[sql] = statement
        return statement
    }

    /// Commits what `body` does, or rolls it back where it throws.
    func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try execute("START TRANSACTION")
        let value: Value
        do {
            value = try body()
        } catch {
            if isUsable { try? execute("ROLLBACK") }
            throw error
        }
        // Once it is sent, nobody can tell whether a lost connection lost the change too.
        mayRepeat = false
        do {
            try execute("COMMIT")
        } catch  where !isUsable {
            throw UnknownCommit()
        }
        mayRepeat = true
        return value
    }

    /// A transaction that writes into the outbox, where there is a mirror, whatever `body` gives to its argument.
    func writing<Value>(_ body: ((Change) throws -> Void) throws -> Value) throws -> Written<Value> {
        var changes: [MirrorChange] = []
        let value = try transaction {
            try body { change in if recordsChanges { changes.append(.entry(try enqueue(change))) } }
        }
        return Written(value: value, changes: changes)
    }

    /// Reads what the database holds at one moment.
    func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        defer { if isUsable { try? execute("ROLLBACK") } }
        return try body()
    }

    var socket: CInt { CInt(truncatingIfNeeded: mysql_get_socket(handle)) }

    func close() {
        isUsable = false
        for statement in statements.values { statement.close() }
        statements = [:]
        mysql_close(handle)
    }
}

/// What a transaction gave, and what Redis is to be told of it.
struct Written<Value: Sendable>: Sendable {
    var value: Value
    var changes: [MirrorChange]
}
