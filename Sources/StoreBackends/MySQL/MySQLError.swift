import StoreServer

/// The connection was lost while a transaction was being committed: it may have been, and may not. Nothing is done
/// again, since that could do it twice. Where it was committed, MySQL has it, and so will Redis.
struct UnknownCommit: Error {
    let storeError = StoreError.unavailable(
        "MySQL was lost while it stored this: it may be stored or not, so look before you send it again")
}

/// What the server or its client library said, with its number.
struct MySQLError: Error, Equatable, CustomStringConvertible {
    var code: Int
    var message: String

    var description: String { "MySQL error \(code): \(message)" }

    static let isNull = 1048
    static let duplicate = 1062
    static let stillReferenced = 1451
    static let noReferencedRow = 1452
    static let unknownDatabase = 1049

    /// The connection is gone, by a restart, a timeout or the network.
    var isConnectionLost: Bool {
        [1053, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2014, 2027, 2055, 4031].contains(code)
    }

    /// InnoDB rolled the transaction back or gave up a wait; the same again may succeed.
    var isRetryable: Bool { [1020, 1205, 1213].contains(code) }

    /// Somebody, a time limit or a lack of memory ended what the server was doing, wherever it was.
    var isInterruption: Bool { [1037, 1038, 1041, 1317, 1969, 3024].contains(code) }

    /// The user has no right to do it.
    var isDenied: Bool { [1044, 1142, 1227, 1370, 1419].contains(code) }

    /// There is no such procedure, it takes other parameters, or the user may not call it.
    var isOfProcedure: Bool { [1305, 1318, 1370].contains(code) }

    /// The server has as many connections as it takes; those that are open go on.
    var isCrowded: Bool { [1040, 1203, 1226].contains(code) }

    /// A text does not fit its column.
    private var isUnfit: Bool { [1366, 1406].contains(code) }

    /// A sum with what is stored does not fit its column: what comes from outside was looked at before.
    private var isOutOfRange: Bool { [1264, 1690].contains(code) }

    /// Too many connections, not reachable, no access, no schema, read only, disk full.
    private var isUnavailable: Bool {
        let codes = [1021, 1040, 1041, 1044, 1045, 1049, 1114, 1129, 1146, 1203, 1226, 1290, 1836, 1969, 3024]
        return isConnectionLost || isRetryable || (2000...2099).contains(code) || codes.contains(code)
    }

    /// What the client is told; nil for an error that only a fault of the store explains.
    var storeError: StoreError? {
        if isUnavailable { return .unavailable("MySQL cannot do it now (error \(code))") }
        if isUnfit { return .invalid("a text is not one that the database keeps") }
        if isOutOfRange { return .conflict("a stock would be more or less than the database keeps") }
        return nil
    }
}
