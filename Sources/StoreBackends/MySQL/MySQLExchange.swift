import CMariaDB
import Glibc

/// Statements as text, one or several in one exchange.
extension MySQLConnection {
    /// Runs one or several statements; their rows are thrown away.
    func execute(_ sql: String) throws { _ = try lastRow(of: sql) }

    /// Runs the statements of a whole transaction, but for its COMMIT, which it adds, in one exchange.
    /// - Parameter variable: a user variable with a whole number at the transaction's end, which is the answer.
    /// - Throws: `UnknownCommit` where the connection is lost or somebody interrupts the server, even after the COMMIT:
    ///   nobody can tell how far it came.
    func exchange(_ transaction: String, answering variable: String) throws -> Int {
        mayRepeat = false
        do {
            let row = try lastRow(of: text(of: transaction, answering: variable))
            mayRepeat = true
            return try answer(row)
        } catch let error as MySQLError {
            try giveUp(after: error)
            throw error
        }
    }

    /// - Throws: `UnknownCommit`, as `exchange`.
    private func giveUp(after error: MySQLError) throws {
        guard isUsable else { throw UnknownCommit() }
        mayRepeat = true
        try? execute("ROLLBACK")
        if error.isInterruption { throw UnknownCommit() }
    }

    /// MariaDB answers a compound statement once, and not each statement in it; a variable that it tells the changes of
    /// comes with that answer, while rows would come before it and by themselves.
    private func text(of transaction: String, answering variable: String) -> String {
        isMariaDB
            ? "BEGIN NOT ATOMIC \(transaction);SET last_insert_id=\(variable);COMMIT;END"
            : "\(transaction);COMMIT;SELECT \(variable)"
    }

    private func answer(_ row: [MySQLValue]) throws -> Int {
        guard isMariaDB else { return try row.int(0) }
        var (bytes, length) = (UnsafePointer<CChar>?.none, 0)
        var status = mysql_session_track_get_first(handle, SESSION_TRACK_SYSTEM_VARIABLES, &bytes, &length)
        var name = ""
        // Names and values take turns.
        while status == 0, let start = bytes {
            let word = String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
            if name == "last_insert_id", let number = Int(word) { return number }
            name = word
            status = mysql_session_track_get_next(handle, SESSION_TRACK_SYSTEM_VARIABLES, &bytes, &length)
        }
        // It is committed all the same.
        isUsable = false
        throw failed(MySQLError(code: 2027, message: "the server did not tell what it inserted"))
    }

    /// - Returns: the first row of the last result with rows, as text; empty where there is none.
    private func lastRow(of sql: String) throws -> [MySQLValue] {
        let status = withBytes(of: sql) { mysql_real_query(handle, $0, $1) }
        guard status == 0 else { throw failed(lastError()) }
        var values: [MySQLValue] = []
        while true {
            if let row = try firstRow(of: mysql_store_result(handle)) { values = row }
            switch mysql_next_result(handle) {
            case 0: continue
            case -1: return values
            default: throw failed(lastError())
            }
        }
    }

    private func withBytes<Result>(of sql: String, _ body: (UnsafePointer<CChar>?, UInt) -> Result) -> Result {
        var sql = sql
        return sql.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { body($0.baseAddress, UInt($0.count)) }
        }
    }

    /// - Parameter result: nil for a statement without rows, and where the rows could not be read.
    private func firstRow(of result: UnsafeMutablePointer<MYSQL_RES>?) throws -> [MySQLValue]? {
        guard let result else {
            if mysql_errno(handle) != 0 { throw failed(lastError()) }
            return nil
        }
        defer { mysql_free_result(result) }
        guard let row = mysql_fetch_row(result) else { return nil }
        return (0..<Int(mysql_num_fields(result))).map { column in
            row[column].map { .text(String(cString: $0)) } ?? .null
        }
    }
}

/// The same without waiting for the answer, by the client library's non-blocking calls.
extension MySQLConnection {
    /// How far an answer has been read.
    struct Reading {
        enum Part { case status, rows, nextStatus }

        var part = Part.status
        /// The library's call for the part is under way.
        var hasBegun = false
        var row: [MySQLValue] = []
    }

    /// Longer texts might not go into the socket at once.
    private static let longestSent = 32 * 1024

    /// Sends what `exchange` would.
    /// - Returns: false where nothing was sent.
    /// - Throws: as `exchange`.
    func send(_ transaction: String, answering variable: String) throws -> Bool {
        let sql = text(of: transaction, answering: variable)
        guard sql.utf8.count <= Self.longestSent else { return false }
        mayRepeat = false
        reading = Reading()
        var status: CInt = 0
        var waitsFor = withBytes(of: sql) { mysql_send_query_start(&status, handle, $0, $1) }
        while waitsFor != 0 {
            var descriptor = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
            let isReady = poll(&descriptor, 1, CInt(timeoutSeconds * 1000)) > 0
            waitsFor = mysql_send_query_cont(&status, handle, isReady ? MYSQL_WAIT_WRITE : MYSQL_WAIT_TIMEOUT)
        }
        guard status == 0 else {
            _ = failed(lastError())
            isUsable = false
            throw UnknownCommit()
        }
        return true
    }

    /// Reads what has come of the answer to what was sent.
    /// - Returns: what `exchange` would; nil while it is not whole.
    /// - Throws: `UnknownCommit` as `exchange`; `LeftToThread` where the transaction failed, which `settle` then ends.
    func receive(hasTimedOut: Bool) throws -> Int? {
        do {
            guard let row = try read(hasTimedOut ? MYSQL_WAIT_TIMEOUT : MYSQL_WAIT_READ) else { return nil }
            mayRepeat = true
            return try answer(row)
        } catch let error as MySQLError {
            if hasTimedOut { isUsable = false }
            guard isUsable else { throw UnknownCommit() }
            failure = error
            throw LeftToThread()
        }
    }

    /// Ends a transaction that failed after it was sent.
    /// - Throws: `UnknownCommit`, as `exchange`.
    func settle() throws {
        guard let failure else { return }
        self.failure = nil
        try giveUp(after: failure)
    }

    private func read(_ ready: CInt) throws -> [MySQLValue]? {
        var ready = ready
        while true {
            switch reading.part {
            case .status:
                var status: my_bool = 0
                let isRead = step(
                    ready, begin: { mysql_read_query_result_start(&status, handle) },
                    goOn: { mysql_read_query_result_cont(&status, handle, $0) })
                guard isRead else { return nil }
                guard status == 0 else { throw failed(lastError()) }
                reading.part = .rows
            case .rows:
                var result: UnsafeMutablePointer<MYSQL_RES>?
                let isRead = step(
                    ready, begin: { mysql_store_result_start(&result, handle) },
                    goOn: { mysql_store_result_cont(&result, handle, $0) })
                guard isRead else { return nil }
                if let row = try firstRow(of: result) { reading.row = row }
                reading.part = .nextStatus
            case .nextStatus:
                var status: CInt = 0
                let isRead = step(
                    ready, begin: { mysql_next_result_start(&status, handle) },
                    goOn: { mysql_next_result_cont(&status, handle, $0) })
                guard isRead else { return nil }
                if status < 0 { return reading.row }
                guard status == 0 else { throw failed(lastError()) }
                reading.part = .rows
            }
            ready = MYSQL_WAIT_READ
        }
    }

    /// Begins or goes on with a call of the library.
    /// - Parameter ready: what the socket is ready for, or that its time is over.
    /// - Returns: whether the call is finished.
    private func step(_ ready: CInt, begin: () -> CInt, goOn: (CInt) -> CInt) -> Bool {
        var waitsFor = reading.hasBegun ? goOn(ready) : begin()
        if waitsFor != 0, !reading.hasBegun, ready == MYSQL_WAIT_TIMEOUT { waitsFor = goOn(ready) }
        reading.hasBegun = waitsFor != 0
        return waitsFor == 0
    }
}
