import Model

/// A part of a request, cut into what is sent as it is and what is drawn anew each time.
struct RequestTemplate: Sendable {
    private enum Piece: Sendable {
        case bytes([UInt8])
        case integer(ClosedRange<Int>)
        case choice([[UInt8]])
        case uuid
    }

    private let pieces: [Piece]

    init(_ pieces: [BodyTemplate.Piece]) {
        self.pieces = pieces.map { piece in
            switch piece {
            case .text(let text): .bytes(Array(text.utf8))
            case .randomInteger(let range): .integer(range)
            case .choice(let texts): .choice(texts.map { Array($0.utf8) })
            case .uuid: .uuid
            }
        }
    }

    /// Without pieces there is nothing to draw: the text stands elsewhere.
    var isConstant: Bool { pieces.isEmpty }

    /// Whether what it writes can stand in a request's first line.
    var isSendable: Bool {
        pieces.allSatisfy { piece in
            switch piece {
            case .bytes(let text): text.areSendable
            case .choice(let texts): !texts.isEmpty && texts.allSatisfy(\.areSendable)
            case .integer, .uuid: true
            }
        }
    }

    func write(into bytes: inout [UInt8], random: inout RandomSource) {
        for piece in pieces {
            switch piece {
            case .bytes(let text): bytes.append(contentsOf: text)
            case .integer(let range): bytes.append(decimal: random.integer(in: range))
            case .choice(let texts):
                if !texts.isEmpty { bytes.append(contentsOf: texts[Int(random.below(UInt64(texts.count)))]) }
            case .uuid: bytes.append(uuid: (random.next(), random.next()))
            }
        }
    }
}

extension String {
    var isSendable: Bool { Array(utf8).areSendable }
}

extension [UInt8] {
    fileprivate var areSendable: Bool { allSatisfy { $0 > 0x20 && $0 != 0x7F } }

    /// Appends a number in decimal without making a string.
    mutating func append(decimal value: Int) {
        if value < 0 { append(UInt8(ascii: "-")) }
        let magnitude = value.magnitude
        var divisor: UInt = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(magnitude / divisor % 10) + 0x30)
            divisor /= 10
        }
    }

    /// Appends a UUID of random bits: version 4, variant 10 (RFC 9562, section 5.4).
    fileprivate mutating func append(uuid bits: (UInt64, UInt64)) {
        let high = bits.0 & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = bits.1 & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 { append(UInt8(ascii: "-")) }
            let word = digit < 16 ? high : low
            let nibble = UInt8(word >> UInt64(60 - 4 * (digit % 16)) & 0xF)
            append(nibble < 10 ? nibble + 0x30 : nibble + 0x57)
        }
    }
}
