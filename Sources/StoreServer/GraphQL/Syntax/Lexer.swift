extension GraphQL {
    struct Token: Sendable, Equatable {
        enum Kind: Sendable, Equatable {
            case end
            /// One of `! $ & ( ) : = @ [ ] { | }`, or `.` for the spread's three dots.
            case punctuator(Unicode.Scalar)
            case name(String)
            case int(String)
            case float(String)
            case string(String)
        }

        var kind: Kind
        var offset: Int

        /// What it is, for messages.
        var description: String {
            switch kind {
            case .end: "the end of the text"
            case .punctuator("."): "\"...\""
            case .punctuator(let sign): "\"\(sign)\""
            case .name(let text): "the name \"\(text)\""
            case .int(let text), .float(let text): "the number \(text)"
            case .string: "a string"
            }
        }
    }

    /// Cuts a text into tokens.
    struct Lexer {
        let bytes: [UInt8]
        var position = 0

        init(_ text: String) {
            bytes = Array(text.utf8)
            // A byte order mark is white space.
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        }

        func failure(_ message: String, at offset: Int) -> Failure {
            Failure(message: "Syntax error: \(message).", offsets: [offset])
        }

        func byte(_ ahead: Int = 0) -> UInt8? {
            position + ahead < bytes.count ? bytes[position + ahead] : nil
        }

        mutating func next() throws(Failure) -> Token {
            skipIgnored()
            let start = position
            guard let first = byte() else { return Token(kind: .end, offset: start) }
            switch first {
            case UInt8(ascii: "."):
                guard byte(1) == first, byte(2) == first else { throw failure("one or two dots alone", at: start) }
                position += 3
                return Token(kind: .punctuator("."), offset: start)
            case _ where Self.punctuators.contains(first):
                position += 1
                return Token(kind: .punctuator(Unicode.Scalar(first)), offset: start)
            case _ where Self.isNameStart(first):
                while let byte = byte(), Self.isNamePart(byte) { position += 1 }
                return Token(kind: .name(text(from: start)), offset: start)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                return Token(kind: try number(), offset: start)
            case UInt8(ascii: "\""):
                let isBlock = byte(1) == first && byte(2) == first
                return Token(kind: .string(try isBlock ? blockString() : string()), offset: start)
            default:
                throw failure("a character that no token begins with", at: start)
            }
        }

        func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

        private mutating func skipIgnored() {
            while let byte = byte() {
                switch byte {
                case 0x09, 0x0A, 0x0D, 0x20, UInt8(ascii: ","): position += 1
                case UInt8(ascii: "#"):
                    while let byte = self.byte(), byte != 0x0A, byte != 0x0D { position += 1 }
                default: return
                }
            }
        }

        private mutating func number() throws(Failure) -> Token.Kind {
            let start = position
            if byte() == UInt8(ascii: "-") { position += 1 }
            if byte() == UInt8(ascii: "0") { position += 1 } else { try digits() }
            var isFloat = false
            if byte() == UInt8(ascii: ".") {
                isFloat = true
                position += 1
                try digits()
            }
            if byte() == UInt8(ascii: "e") || byte() == UInt8(ascii: "E") {
                isFloat = true
                position += 1
                if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { position += 1 }
                try digits()
            }
            if let byte = byte(), Self.isNamePart(byte) || byte == UInt8(ascii: ".") {
                throw failure("a number that does not end where it should", at: position)
            }
            return isFloat ? .float(text(from: start)) : .int(text(from: start))
        }

        private mutating func digits() throws(Failure) {
            let start = position
            while let byte = byte(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
            guard position > start else { throw failure("a digit is missing", at: position) }
        }

        private static let punctuators = Set("!$&():=@[]{|}".utf8)

        static func isNameStart(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
        }

        static func isNamePart(_ byte: UInt8) -> Bool {
            isNameStart(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }
}
