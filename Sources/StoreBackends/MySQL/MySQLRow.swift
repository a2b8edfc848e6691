import StoreServer

/// Columns by position. A row that is not of the shape asked for is a fault of the statement beside it.
extension [MySQLValue] {
    func int(_ column: Int) throws -> Int {
        switch self[column] {
        case .int(let number): return number
        // Sums of integers are decimals.
        case .text(let text): if let number = Int(text) { return number }
        case .null: break
        }
        throw UnexpectedValue(column: column, value: "\(self[column])")
    }

    func text(_ column: Int) throws -> String {
        guard case .text(let text) = self[column] else {
            throw UnexpectedValue(column: column, value: "\(self[column])")
        }
        return text
    }

    func money(_ column: Int) throws -> Money {
        guard let money = Money(try text(column)) else {
            throw UnexpectedValue(column: column, value: "\(self[column])")
        }
        return money
    }
}

struct UnexpectedValue: Error {
    var column: Int
    var value: String
}

/// Pieces of SQL of which the number of values varies.
enum SQL {
    /// Rows of one multi-row statement: few enough different texts to keep each prepared.
    static let rowsPerStatement = 8

    /// `(?,?),(?,?)` for 2 rows of 2 columns.
    static func values(rows: Int, columns: Int) -> String {
        let row = "(" + marks(columns) + ")"
        return Array(repeating: row, count: rows).joined(separator: ",")
    }

    /// A string as it is written in a statement's text.
    static func literal(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "'")]
        bytes.reserveCapacity(text.utf8.count + 32)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "'") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "'"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `?,?,?` for 3.
    static func marks(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ",") }

    /// A long list is filled up to one length by its last element, so that few statements stay prepared.
    static func padded(_ ids: [Int]) -> [Int] {
        guard let last = ids.last, ids.count > rowsPerStatement else { return ids }
        return ids + Array(repeating: last, count: max(0, 100 - ids.count))
    }

    static func chunks<Element>(_ elements: [Element]) -> [ArraySlice<Element>] {
        stride(from: 0, to: elements.count, by: rowsPerStatement).map { start in
            elements[start..<min(start + rowsPerStatement, elements.count)]
        }
    }
}
