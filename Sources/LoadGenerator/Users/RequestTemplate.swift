import Model

/// A part of a request, cut into what is sent as it is and what is drawn anew each time.
struct RequestTemplate: Sendable {
    /// Drawn once per request, so that several places of it agree.
    enum NumberSource: Sendable, Equatable {
        /// The next of all requests that have a sequence.
        case sequence
        /// The next row of a table.
        case row(table: Int)
        case randomRow(table: Int, count: Int)
    }

    private enum Piece: Sendable {
        case bytes([UInt8])
        case integer(ClosedRange<Int>)
        case choice([[UInt8]])
        case uuid
        case sequence(number: Int, from: Int)
        case row(number: Int, values: [[UInt8]])
        case variable(Int, Escape)
        case file(MappedFile)
    }

    private var pieces: [Piece] = []

    init() {}

    init(_ text: String) {
        append(text)
    }

    mutating func append(_ text: String) { append(bytes: Array(text.utf8)) }

    mutating func append(_ other: RequestTemplate) {
        for piece in other.pieces {
            if case .bytes(let bytes) = piece { append(bytes: bytes) } else { pieces.append(piece) }
        }
    }

    private mutating func append(bytes: [UInt8]) {
        if case .bytes(let before) = pieces.last {
            pieces[pieces.count - 1] = .bytes(before + bytes)
        } else {
            pieces.append(.bytes(bytes))
        }
    }

    /// - Parameters:
    ///   - part: where the pieces stand, which says how values are written so that they stand for themselves.
    ///   - numbers: the request's; those that this part needs are added.
    mutating func append(
        _ new: [BodyTemplate.Piece], as part: TextPlace.Part, of task: String, names: inout RequestNames,
        numbers: inout [NumberSource]
    ) throws {
        var place = TextPlace(part)
        func number(_ source: NumberSource) -> Int {
            if let index = numbers.firstIndex(of: source) { return index }
            numbers.append(source)
            return numbers.count - 1
        }
        for piece in new {
            let escape = place.escape
            if case .text = piece {} else { place.passValue() }
            switch piece {
            case .text(let text):
                place.pass(Array(text.utf8))
                append(text)
            case .randomInteger(let range): pieces.append(.integer(range))
            case .choice(let texts):
                pieces.append(.choice(texts.map { escape.applied(toLiteral: Array($0.utf8)) }))
            case .uuid: pieces.append(.uuid)
            case .sequence(let start): pieces.append(.sequence(number: number(.sequence), from: start))
            case .column(let column):
                guard !column.values.isEmpty else {
                    throw Problem(.usage, "The table \(column.file) of task \(task) has no rows.")
                }
                let table = names.table(column.file)
                let source: NumberSource =
                    column.order == .sequential
                    ? .row(table: table) : .randomRow(table: table, count: column.values.count)
                let values = column.values.map { escape.applied(to: Array($0.utf8)) }
                pieces.append(.row(number: number(source), values: values))
            case .file(let file): pieces.append(.file(try MappedFile(file.path)))
            case .variable(let name): pieces.append(.variable(try names.variable(name, of: task), escape))
            }
        }
    }

    /// What it always is; nil where something is drawn.
    var constant: [UInt8]? {
        guard pieces.count == 1, case .bytes(let bytes) = pieces[0] else { return nil }
        return bytes
    }

    /// Whether what it writes can stand in a request's first line.
    var isSendable: Bool {
        pieces.allSatisfy { piece in
            switch piece {
            case .bytes(let text): text.areSendable
            case .choice(let texts): !texts.isEmpty && texts.allSatisfy(\.areSendable)
            case .integer, .uuid, .sequence, .row, .variable: true
            case .file: false
            }
        }
    }

    var hasFiles: Bool {
        pieces.contains { if case .file = $0 { true } else { false } }
    }

    /// What it writes, with files in their places.
    func parts(own: UserValues?, random: inout RandomSource) -> [Outgoing.Part] {
        var parts: [Outgoing.Part] = []
        var bytes: [UInt8] = []
        for piece in pieces {
            guard case .file(let file) = piece else {
                write(piece, into: &bytes, own: own, random: &random)
                continue
            }
            parts += [.bytes(bytes), .file(file)]
            bytes = []
        }
        return bytes.isEmpty ? parts : parts + [.bytes(bytes)]
    }

    func write(into bytes: inout [UInt8], own: UserValues?, random: inout RandomSource) {
        for piece in pieces { write(piece, into: &bytes, own: own, random: &random) }
    }

    @inline(__always)
    private func write(_ piece: Piece, into bytes: inout [UInt8], own: UserValues?, random: inout RandomSource) {
        switch piece {
        case .bytes(let text): bytes.append(contentsOf: text)
        case .integer(let range): bytes.append(decimal: random.integer(in: range))
        case .choice(let texts):
            if !texts.isEmpty { bytes.append(contentsOf: texts[Int(random.below(UInt64(texts.count)))]) }
        case .uuid: bytes.append(uuid: (random.next(), random.next()))
        case .sequence(let number, let start):
            if let own { bytes.append(decimal: own.numbers[number] &+ start) }
        case .row(let number, let values):
            if let own { bytes.append(contentsOf: values[own.numbers[number] % values.count]) }
        case .variable(let variable, let escape):
            if let value = own?.values[variable] { bytes.append(contentsOf: escape.applied(to: value)) }
        case .file: break
        }
    }
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
