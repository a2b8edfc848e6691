package import NIOCore

/// Writes JSON straight into a buffer: no tree, no reflection, no rounding.
///
/// It is written by hand so that prices are written from whole cents, and an answer goes into its buffer without a copy. Its
/// speed was not compared with that of `JSONEncoder`.
package struct JSONWriter {
    package private(set) var buffer: ByteBuffer
    /// A comma is due before the next element or member.
    private var needsComma = false

    package init(capacity: Int = 512) {
        buffer = ByteBufferAllocator().buffer(capacity: capacity)
    }

    package mutating func object(_ members: (inout JSONWriter) throws -> Void) rethrows {
        try nested("{", "}", members)
    }

    package mutating func array<Element>(
        _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) throws -> Void
    ) rethrows {
        try nested("[", "]") { writer in
            for element in elements { try write(&writer, element) }
        }
    }

    private mutating func nested(
        _ open: StaticString, _ close: StaticString, _ content: (inout JSONWriter) throws -> Void
    ) rethrows {
        comma()
        buffer.writeStaticString(open)
        needsComma = false
        try content(&self)
        buffer.writeStaticString(close)
        needsComma = true
    }

    package mutating func name(_ name: StaticString) {
        comma()
        buffer.writeStaticString("\"")
        buffer.writeStaticString(name)
        buffer.writeStaticString("\":")
        needsComma = false
    }

    /// A name that is known only when it is written.
    package mutating func name(text: String) {
        string(text)
        buffer.writeStaticString(":")
        needsComma = false
    }

    package mutating func null() { raw("null") }

    package mutating func number(_ value: Int) {
        comma()
        if value < 0 { buffer.writeInteger(UInt8(ascii: "-")) }
        digits(of: value.magnitude)
        needsComma = true
    }

    package mutating func number(_ value: Money) {
        comma()
        if value.cents < 0 { buffer.writeInteger(UInt8(ascii: "-")) }
        let (units, hundredths) = value.cents.magnitude.quotientAndRemainder(dividingBy: 100)
        digits(of: units)
        buffer.writeInteger(UInt8(ascii: "."))
        if hundredths < 10 { buffer.writeInteger(UInt8(ascii: "0")) }
        digits(of: hundredths)
        needsComma = true
    }

    private mutating func digits(of number: UInt) {
        var scale: UInt = 1
        while number / scale >= 10 { scale *= 10 }
        while scale > 0 {
            buffer.writeInteger(UInt8(ascii: "0") + UInt8(number / scale % 10))
            scale /= 10
        }
    }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    package mutating func string(_ value: String) {
        comma()
        buffer.writeStaticString("\"")
        var value = value
        value.withUTF8 { bytes in
            var start = 0
            for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
                buffer.writeBytes(bytes[start..<index])
                start = index + 1
                escape(byte)
            }
            buffer.writeBytes(bytes[start...])
        }
        buffer.writeStaticString("\"")
        needsComma = true
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x22: buffer.writeStaticString("\\\"")
        case 0x5C: buffer.writeStaticString("\\\\")
        case 0x0A: buffer.writeStaticString("\\n")
        case 0x0D: buffer.writeStaticString("\\r")
        case 0x09: buffer.writeStaticString("\\t")
        default:
            let digits = String(byte, radix: 16)
            buffer.writeString("\\u00\(digits.count == 1 ? "0" : "")\(digits)")
        }
    }

    /// - Parameter text: JSON already.
    package mutating func raw(_ text: String) {
        comma()
        buffer.writeString(text)
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { buffer.writeStaticString(",") }
    }
}

extension JSONWriter {
    package mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        number(value)
    }

    package mutating func member(_ name: StaticString, _ value: Money) {
        self.name(name)
        number(value)
    }

    package mutating func member(_ name: StaticString, _ value: String) {
        self.name(name)
        string(value)
    }

    package mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        bool(value)
    }
}
