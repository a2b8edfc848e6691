/// Cuts a text of shell commands into words, as far as `copy as cURL` and people write them: quotes of all kinds, `$'…'`,
/// continued lines and comments. Nothing is run, and no variable is known.
struct ShellWords {
    struct Command: Equatable {
        /// Where it begins.
        var line: Int
        var words: [String]
        /// A quote that is not closed, or something else that cannot be read.
        var fault: String?
    }

    private var scalars: [Unicode.Scalar]
    private var place = 0
    private var line = 1
    private var commands: [Command] = []
    private var current = Command(line: 1, words: [])
    private var word: String.UnicodeScalarView?
    /// The next word says where output goes or input comes from.
    private var isRedirected = false

    static func commands(_ text: String) -> [Command] {
        var reader = ShellWords(scalars: Array(text.unicodeScalars))
        reader.run()
        return reader.commands
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private mutating func run() {
        while let next = advance() {
            switch next {
            case "\\":
                guard let escaped = advance() else { break }
                if escaped == "\r", peek == "\n" {
                    _ = advance()
                } else if escaped != "\n" {
                    append(escaped)
                }
            case "'": quoted()
            case "\"": doubleQuoted()
            case "$" where peek == "'":
                _ = advance()
                dollarQuoted()
            case "$" where peek == "\"": break
            case " ", "\t", "\r": endWord()
            case "\n", ";": endCommand()
            case "&" where peek == ">": redirect()
            case ">", "<": redirect()
            case "&", "|":
                if peek == next { _ = advance() }
                endCommand()
            case "#" where word == nil:
                while let skipped = peek, skipped != "\n" { _ = skipped; _ = advance() }
            default: append(next)
            }
        }
        endCommand()
    }

    private var peek: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private mutating func advance() -> Unicode.Scalar? {
        guard place < scalars.count else { return nil }
        let scalar = scalars[place]
        place += 1
        if scalar == "\n" { line += 1 }
        return scalar
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        if word == nil, current.words.isEmpty { current.line = line }
        if word == nil { word = String.UnicodeScalarView() }
        word?.append(scalar)
    }

    private mutating func begin() {
        if word == nil, current.words.isEmpty { current.line = line }
        if word == nil { word = String.UnicodeScalarView() }
    }

    private mutating func endWord() {
        if let word, !isRedirected { current.words.append(Marked.cleaned(String(word))) }
        if word != nil { isRedirected = false }
        word = nil
    }

    /// `> file`, `2>&1`, `&>file`: nothing of the command itself.
    private mutating func redirect() {
        if let number = word, number.allSatisfy({ ("0"..."9").contains($0) }) { word = nil } else { endWord() }
        while let sign = peek, sign == ">" || sign == "<" || sign == "&" || sign == "|" { _ = advance() }
        isRedirected = true
    }

    private mutating func endCommand() {
        endWord()
        isRedirected = false
        if !current.words.isEmpty { commands.append(current) }
        current = Command(line: line, words: [])
    }

    private mutating func quoted() {
        begin()
        while let next = advance() {
            if next == "'" { return }
            append(next)
        }
        current.fault = "a ' that is not closed"
    }

    private mutating func doubleQuoted() {
        begin()
        while let next = advance() {
            if next == "\"" { return }
            if next == "\\", let escaped = peek {
                switch escaped {
                case "\n": _ = advance()
                case "\"", "\\", "$", "`": append(advance() ?? escaped)
                default: append(next)
                }
                continue
            }
            append(next)
        }
        current.fault = "a \" that is not closed"
    }

    /// ANSI-C quoting of bash.
    private mutating func dollarQuoted() {
        begin()
        var bytes: [UInt8] = []
        defer { for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars { word?.append(scalar) } }
        while let next = advance() {
            if next == "'" { return }
            guard next == "\\", let sign = advance() else {
                bytes += Array(String(next).utf8)
                continue
            }
            switch sign {
            case "n": bytes.append(0x0A)
            case "r": bytes.append(0x0D)
            case "t": bytes.append(0x09)
            case "a": bytes.append(0x07)
            case "b": bytes.append(0x08)
            case "e", "E": bytes.append(0x1B)
            case "f": bytes.append(0x0C)
            case "v": bytes.append(0x0B)
            case "x": bytes.append(UInt8(truncatingIfNeeded: digits(2, radix: 16)))
            case "u": bytes += Array(String(Unicode.Scalar(digits(4, radix: 16)) ?? "\u{FFFD}").utf8)
            case "U": bytes += Array(String(Unicode.Scalar(digits(8, radix: 16)) ?? "\u{FFFD}").utf8)
            case "0"..."7":
                place -= 1
                bytes.append(UInt8(truncatingIfNeeded: digits(3, radix: 8)))
            default: bytes += Array(String(sign).utf8)
            }
        }
        current.fault = "a $' that is not closed"
    }

    private mutating func digits(_ most: Int, radix: UInt32) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<most {
            guard let next = peek, next.isASCII, let digit = Character(next).hexDigitValue, digit < radix else { break }
            value = value &* radix &+ UInt32(digit)
            _ = advance()
        }
        return value
    }
}
