/// What the store accepts. The routes enforce it and the API's description states it, from here.
package enum Bounds {
    /// Bytes of a request's body.
    package static let body = 1 << 20
    package static let orderItems = 1...100
    /// Units of one item of an order.
    package static let itemQuantity = 1...1_000_000
    /// Units in stock as they are set; below zero for back-orders.
    package static let stock = -1_000_000_000...1_000_000_000
    /// From one cent to what `decimal(10,2)` holds. A free product is refused: its orders would not count in a report.
    package static let price = Money(cents: 1)...Money(cents: 99_999_999_99)
    /// Characters that the database keeps; for this and the lengths below.
    package static let productName = 150
    package static let sku = 64
    package static let userName = 100
    package static let email = 150

    /// Control characters and white space: a name has something else besides.
    static let blank: [ClosedRange<UInt32>] = [
        0x00...0x20, 0x7F...0xA0, 0x1680...0x1680, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x2064, 0x3000...0x3000,
        0xFEFF...0xFEFF,
    ]

    static func isBlank(_ scalar: Unicode.Scalar) -> Bool { blank.contains { $0.contains(scalar.value) } }

    /// One `@` with something on both sides, and neither control characters nor white space.
    static func isEmail(_ text: String) -> Bool {
        let sides = text.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false)
        return sides.count == 2 && sides.allSatisfy { !$0.isEmpty && !$0.contains(where: isBlank) }
    }
}
