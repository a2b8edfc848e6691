import Model

/// A CSV file (RFC 4180) with its columns' names in the first line, commas or semicolons between.
struct CSVTable {
    let columns: [String]
    let rows: [[String]]

    /// - Throws: what is wrong, with its line.
    init(_ bytes: [UInt8], file: String) throws(Unreadable) {
        guard let whole = String(validating: bytes, as: UTF8.self) else {
            throw Unreadable("\"\(file.shortened)\" is not UTF-8 text")
        }
        let text = whole.unicodeScalars.drop { $0 == "\u{FEFF}" }
        let head = text.prefix { $0 != "\n" && $0 != "\r" }
        let separator: Unicode.Scalar = head.contains(",") || !head.contains(";") ? "," : ";"
        var records = try Self.records(text, separator: separator, file: file)
        guard !records.isEmpty else { throw Unreadable("\"\(file.shortened)\" is empty") }
        columns = records.removeFirst().fields.map(\.trimmed)
        guard !records.isEmpty else { throw Unreadable("\"\(file.shortened)\" has no rows after its columns' names") }
        for record in records where record.fields.count != columns.count {
            throw Unreadable(
                "line \(record.line) of \"\(file.shortened)\" has \(record.fields.count) values for \(columns.count) columns"
            )
        }
        rows = records.map(\.fields)
    }

    private struct Record {
        var line: Int
        var fields: [String]
    }

    private static func records(
        _ text: Substring.UnicodeScalarView, separator: Unicode.Scalar, file: String
    ) throws(Unreadable) -> [Record] {
        var records: [Record] = []
        var record = Record(line: 1, fields: [])
        var field = String.UnicodeScalarView()
        var (line, isQuoted, wasQuoted) = (1, false, false)
        func ends() -> [Record] {
            var record = record
            record.fields.append(String(field))
            return record.fields == [""] && !wasQuoted ? [] : [record]
        }
        var index = text.startIndex
        while index < text.endIndex {
            let scalar = text[index]
            let next = text.index(after: index)
            index = next
            if isQuoted {
                if scalar == "\n" { line += 1 }
                guard scalar == "\"" else {
                    field.append(scalar)
                    continue
                }
                if next < text.endIndex, text[next] == "\"" {
                    field.append("\"")
                    index = text.index(after: next)
                } else {
                    isQuoted = false
                }
            } else if scalar == "\"", field.isEmpty, !wasQuoted {
                (isQuoted, wasQuoted) = (true, true)
            } else if scalar == separator {
                record.fields.append(String(field))
                (field, wasQuoted) = (String.UnicodeScalarView(), false)
            } else if scalar == "\n" || scalar == "\r" {
                if scalar == "\r", next < text.endIndex, text[next] == "\n" { index = text.index(after: next) }
                line += 1
                records += ends()
                record = Record(line: line, fields: [])
                (field, wasQuoted) = (String.UnicodeScalarView(), false)
            } else {
                field.append(scalar)
            }
        }
        guard !isQuoted else {
            throw Unreadable("the quotes that open on line \(record.line) of \"\(file.shortened)\" are not closed")
        }
        return records + ends()
    }
}
