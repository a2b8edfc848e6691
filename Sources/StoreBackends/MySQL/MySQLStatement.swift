import CMariaDB

/// A value of a row or a parameter. Decimals are text, so that they stay exact.
enum MySQLValue: Sendable, Equatable {
    case null
    case int(Int)
    case text(String)
}

struct MySQLResult: Sendable {
    var rows: [[MySQLValue]]
    /// Rows that matched, whether or not they changed.
    var affectedRows: Int
    var insertID: Int
}

/// A statement that the server has parsed, with the memory that its rows are read into.
final class MySQLStatement {
    private let handle: UnsafeMutablePointer<MYSQL_STMT>
    private let parameterCount: Int
    private let columns: [Column]
    private let binds: UnsafeMutableBufferPointer<MYSQL_BIND>

    /// Where a column's value arrives.
    private struct Column {
        var isInteger: Bool
        var buffer: UnsafeMutableRawPointer
        var length: UnsafeMutablePointer<UInt>
        var isNull: UnsafeMutablePointer<my_bool>
    }

    /// False once the server failed amid a result, as where a row's lock was waited for in vain: executed again, the
    /// client library would wait for the rest of that result, which never comes.
    private(set) var isUsable = true

    init(_ sql: String, on connection: UnsafeMutablePointer<MYSQL>) throws {
        guard let handle = mysql_stmt_init(connection) else { throw MySQLError(code: 2008, message: "out of memory") }
        self.handle = handle
        guard mysql_stmt_prepare(handle, sql, UInt(sql.utf8.count)) == 0 else {
            let error = Self.lastError(of: handle)
            mysql_stmt_close(handle)
            throw error
        }
        parameterCount = Int(mysql_stmt_param_count(handle))
        (columns, binds) = Self.bindColumns(of: handle)
    }

    private static func bindColumns(
        of handle: UnsafeMutablePointer<MYSQL_STMT>
    ) -> ([Column], UnsafeMutableBufferPointer<MYSQL_BIND>) {
        let metadata = mysql_stmt_result_metadata(handle)
        defer { if let metadata { mysql_free_result(metadata) } }
        let count = metadata.map { Int(mysql_num_fields($0)) } ?? 0
        let binds = UnsafeMutableBufferPointer<MYSQL_BIND>.allocate(capacity: count)
        binds.initialize(repeating: MYSQL_BIND())
        let columns = (0..<count).map { index -> Column in
            let field = mysql_fetch_field_direct(metadata, UInt32(index)).pointee
            let isInteger = Self.integerTypes.contains(field.type.rawValue)
            let size = isInteger ? MemoryLayout<Int64>.size : Int(field.length) + 1
            let column = Column(
                isInteger: isInteger, buffer: .allocate(byteCount: size, alignment: 8), length: .allocate(capacity: 1),
                isNull: .allocate(capacity: 1))
            column.length.initialize(to: 0)
            column.isNull.initialize(to: 0)
            binds[index].buffer_type = isInteger ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_STRING
            binds[index].buffer = column.buffer
            binds[index].buffer_length = UInt(size)
            binds[index].length = column.length
            binds[index].is_null = column.isNull
            return column
        }
        return (columns, binds)
    }

    private static let integerTypes: Set<UInt32> = Set(
        [MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG].map(\.rawValue))

    private static func lastError(of handle: UnsafeMutablePointer<MYSQL_STMT>) -> MySQLError {
        MySQLError(code: Int(mysql_stmt_errno(handle)), message: String(cString: mysql_stmt_error(handle)))
    }

    func execute(_ parameters: [MySQLValue]) throws -> MySQLResult {
        precondition(parameters.count == parameterCount, "a statement's parameters must be complete")
        let bound = BoundParameters(parameters)
        defer { bound.free() }
        if parameterCount > 0, mysql_stmt_bind_param(handle, bound.binds.baseAddress) != 0 { throw lastError }
        guard mysql_stmt_execute(handle) == 0 else { throw lastError }
        let rows = try columns.isEmpty ? [] : fetch()
        return MySQLResult(
            rows: rows, affectedRows: Int(truncatingIfNeeded: mysql_stmt_affected_rows(handle)),
            insertID: Int(truncatingIfNeeded: mysql_stmt_insert_id(handle)))
    }

    private var lastError: MySQLError { Self.lastError(of: handle) }

    private func fetch() throws -> [[MySQLValue]] {
        defer { mysql_stmt_free_result(handle) }
        guard mysql_stmt_bind_result(handle, binds.baseAddress) == 0, mysql_stmt_store_result(handle) == 0 else {
            isUsable = false
            throw lastError
        }
        var rows: [[MySQLValue]] = []
        rows.reserveCapacity(Int(mysql_stmt_num_rows(handle)))
        while true {
            switch mysql_stmt_fetch(handle) {
            case 0: rows.append(columns.map(Self.value))
            case MYSQL_NO_DATA: return rows
            default: throw lastError
            }
        }
    }

    private static func value(of column: Column) -> MySQLValue {
        if column.isNull.pointee != 0 { return .null }
        if column.isInteger { return .int(Int(column.buffer.load(as: Int64.self))) }
        let bytes = UnsafeRawBufferPointer(start: column.buffer, count: Int(column.length.pointee))
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    func close() {
        mysql_stmt_close(handle)
        for column in columns {
            column.buffer.deallocate()
            column.length.deallocate()
            column.isNull.deallocate()
        }
        binds.deallocate()
    }
}

/// The parameters of one execution, in the memory that the C interface reads.
private struct BoundParameters {
    let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
    private var buffers: [UnsafeMutableRawPointer] = []

    init(_ values: [MySQLValue]) {
        binds = .allocate(capacity: values.count)
        binds.initialize(repeating: MYSQL_BIND())
        for (index, value) in values.enumerated() {
            switch value {
            case .null: binds[index].buffer_type = MYSQL_TYPE_NULL
            case .int(let number):
                let buffer = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
                buffer.storeBytes(of: Int64(number), as: Int64.self)
                bind(index, MYSQL_TYPE_LONGLONG, buffer, length: 8)
            case .text(let text):
                let bytes = Array(text.utf8)
                let buffer = UnsafeMutableRawPointer.allocate(byteCount: max(1, bytes.count), alignment: 8)
                buffer.copyMemory(from: bytes, byteCount: bytes.count)
                bind(index, MYSQL_TYPE_STRING, buffer, length: bytes.count)
            }
        }
    }

    private mutating func bind(
        _ index: Int, _ type: enum_field_types, _ buffer: UnsafeMutableRawPointer, length: Int
    ) {
        binds[index].buffer_type = type
        binds[index].buffer = buffer
        binds[index].buffer_length = UInt(length)
        buffers.append(buffer)
    }

    func free() {
        for buffer in buffers { buffer.deallocate() }
        binds.deallocate()
    }
}
