/// The text of a file as Unicode scalars, with line and column of each.
struct SourceText {
    var scalars: [Unicode.Scalar]

    /// - Throws: a fault at the first byte that is not UTF-8, or the first control character.
    init(bytes: [UInt8], file: String) throws(DefinitionFault) {
        scalars = []
        scalars.reserveCapacity(bytes.count)
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var broken = false
        decoding: while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded): scalars.append(Unicode.UTF8.decode(encoded))
            case .emptyInput: break decoding
            case .error:
                broken = true
                break decoding
            }
        }
        if broken {
            throw fault("this byte is not UTF-8 text; save the file as UTF-8", at: scalars.count, file)
        }
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        for (index, scalar) in scalars.enumerated() where Self.isForbidden(scalar) {
            let code = String(scalar.value, radix: 16, uppercase: true)
            let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
            throw fault("the character U+\(padded) is not allowed in a text file", at: index, file)
        }
    }

    var string: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Lines end as in YAML 1.1: `\n`, `\r`, `\r\n`, and the Unicode line breaks.
    func place(of index: Int) -> Place {
        var place = Place.start
        for position in 0..<min(index, scalars.count) {
            if endsLine(position) {
                place = Place(line: place.line + 1, column: 1)
            } else {
                place.column += 1
            }
        }
        return place
    }

    /// The index of the scalar at a place; nil beyond the text.
    func index(of place: Place) -> Int? {
        var line = 1
        var index = 0
        while line < place.line {
            guard index < scalars.count else { return nil }
            if endsLine(index) { line += 1 }
            index += 1
        }
        index += place.column - 1
        return index < scalars.count ? index : nil
    }

    private func endsLine(_ index: Int) -> Bool {
        switch scalars[index] {
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
        case "\r": index + 1 == scalars.count || scalars[index + 1] != "\n"
        default: false
        }
    }

    private func fault(_ message: String, at index: Int, _ file: String) -> DefinitionFault {
        let place = place(of: index)
        return DefinitionFault(file: file, line: place.line, column: place.column, message: message)
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x85: false
        case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: true
        default: false
        }
    }
}
