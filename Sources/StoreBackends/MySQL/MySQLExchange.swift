import CMariaDB

/// Statements as text, one or several in one exchange.
extension MySQLConnection {
    /// Runs one or several statements; their rows are thrown away.
    func execute(_ sql: String) throws { _ = try lastRow(of: sql) }

    /// Runs a whole transaction, its COMMIT included, in one exchange.
    /// - Returns: the whole number that it answers: as its last row, or of MariaDB as its `last_insert_id`.
    /// - Throws: `UnknownCommit` where the connection is lost or somebody interrupts the server, even after the COMMIT:
    ///   nobody can tell how far it came.
    func exchange(_ transaction: String) throws -> Int {
        mayRepeat = false
        do {
            let row = try lastRow(of: transaction)
            mayRepeat = true
            return try answer(row)
        } catch let error as MySQLError {
            try giveUp(after: error)
            throw error
        }
    }

    /// - Throws: `UnknownCommit`, as `exchange`.
    func giveUp(after error: MySQLError) throws {
        guard isUsable else { throw UnknownCommit() }
        mayRepeat = true
        try? execute("ROLLBACK")
        if error.isInterruption { throw UnknownCommit() }
    }

    func answer(_ row: [MySQLValue]) throws -> Int {
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

    func withBytes<Result>(of sql: String, _ body: (UnsafePointer<CChar>?, UInt) -> Result) -> Result {
        var sql = sql
        return sql.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { body($0.baseAddress, UInt($0.count)) }
        }
    }

    /// - Parameter result: nil for a statement without rows, and where the rows could not be read.
    func firstRow(of result: UnsafeMutablePointer<MYSQL_RES>?) throws -> [MySQLValue]? {
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
