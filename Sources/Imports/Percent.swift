/// Percent-encoding (RFC 3986, section 2.1).
enum Percent {
    static func encoded(_ byte: UInt8) -> String {
        "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 0xF, radix: 16, uppercase: true)
    }

    /// All but the unreserved characters, and placeholders.
    static func encoded(_ text: String) -> String {
        Marked.mapped(text) { text in
            text.utf8.map { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: String(Character(Unicode.Scalar(byte)))
                case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                    String(Character(Unicode.Scalar(byte)))
                default: encoded(byte)
                }
            }.joined()
        }
    }

    /// - Returns: nil where the bytes are no text.
    static func decoded(_ text: String, plusIsBlank: Bool = false) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return text }
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[place + 1...place + 2], as: UTF8.self), radix: 16)
            {
                output.append(byte)
                place += 3
                continue
            }
            output.append(plusIsBlank && bytes[place] == UInt8(ascii: "+") ? 0x20 : bytes[place])
            place += 1
        }
        return String(validating: output, as: UTF8.self)
    }
}
