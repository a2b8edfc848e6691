/// Ids of users, products and orders: what MySQL's `INT AUTO_INCREMENT` gives.
package enum Identifier {
    package static let range = 1...Int(Int32.max)

    /// Reads an id as it is written: digits, without sign, zeros in front or space. `7.0` is the integer 7, as it is for
    /// JSON Schema, by which the API describes its ids.
    package static func parse(_ text: some StringProtocol) -> Int? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let digits = parts.first, digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (0x30...0x39).contains($0) }),
            parts.count == 1 || (!parts[1].isEmpty && parts[1].allSatisfy { $0 == 0x30 }),
            let id = Int(Substring(text.prefix(while: { $0 != "." }))), range.contains(id)
        else { return nil }
        return id
    }
}
