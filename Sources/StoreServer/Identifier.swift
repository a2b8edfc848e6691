/// Ids of users, products and orders: what MySQL's `INT AUTO_INCREMENT` gives.
package enum Identifier {
    package static let range = 1...Int(Int32.max)

    /// Reads an id as it is written: digits, without sign, zeros in front or space.
    package static func parse(_ text: some StringProtocol) -> Int? {
        guard text.utf8.first != UInt8(ascii: "0"), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let id = Int(text), range.contains(id)
        else { return nil }
        return id
    }
}
