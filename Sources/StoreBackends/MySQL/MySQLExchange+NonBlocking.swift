import CMariaDB
import Glibc

/// A transaction in one exchange, without waiting for its answer: by the client library's non-blocking calls.
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
    func send(_ transaction: String) throws -> Bool {
        guard transaction.utf8.count <= Self.longestSent else { return false }
        mayRepeat = false
        reading = Reading()
        var status: CInt = 0
        var waitsFor = withBytes(of: transaction) { mysql_send_query_start(&status, handle, $0, $1) }
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
    /// - Returns: why it failed; nil where there is none.
    /// - Throws: `UnknownCommit`, as `exchange`.
    func settle() throws -> MySQLError? {
        guard let failure else { return nil }
        self.failure = nil
        if failure.isOfProcedure { hasOrderProcedures = nil }
        try giveUp(after: failure)
        return failure
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
