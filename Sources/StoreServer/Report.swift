package import NIOCore

/// The rows of a report and their JSON, which is written once for all who get the same answer.
package struct Report<Row: ReportRow>: Sendable {
    package let rows: [Row]
    /// A list of objects.
    package let json: ByteBuffer

    package init(_ rows: [Row]) {
        self.rows = rows
        var writer = JSONWriter()
        writer.array(rows) { writer, row in writer.object { row.write(to: &$0) } }
        json = writer.buffer
    }
}

package protocol ReportRow: Sendable, Equatable {
    /// Writes the members of the row's object.
    func write(to writer: inout JSONWriter)
}

/// A row of the report `highest-spenders`.
package struct Spender: ReportRow {
    package var userID: Int
    package var totalExpense: Money

    package init(userID: Int, totalExpense: Money) {
        self.userID = userID
        self.totalExpense = totalExpense
    }

    package func write(to writer: inout JSONWriter) {
        writer.member("user_id", userID)
        writer.member("total_expense", totalExpense)
    }
}

/// A row of the report `best-sellers`.
package struct BestSeller: ReportRow {
    package var productID: Int
    package var quantitySold: Int

    package init(productID: Int, quantitySold: Int) {
        self.productID = productID
        self.quantitySold = quantitySold
    }

    package func write(to writer: inout JSONWriter) {
        writer.member("product_id", productID)
        writer.member("quantity_sold", quantitySold)
    }
}
