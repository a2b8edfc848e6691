private let (dash, colon, comma) = (UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: ","))
private let (blank, backslash) = (UInt8(ascii: " "), UInt8(ascii: "\\"))
private let slash = UInt8(ascii: "/")

/// Writes one line anew without the secrets in it.
struct SecretScanner {
    /// How far a value goes that stands in no quotes.
    enum Form: Sendable {
        /// To the end of the line, as in YAML and files of variables.
        case configuration
        /// To the next blank or sign, as in messages, queries and JSON.
        case prose
    }

    static let mask = Array("***".utf8)

    let line: Slice<UnsafeBufferPointer<UInt8>>
    let form: Form
    /// A further name whose value is a secret here.
    private let alsoSecret: StaticString?
    private(set) var output: [UInt8] = []
    /// The line ends where a secret begins, or in the middle of one.
    private(set) var isOpen = false
    private var isMySQL = false

    init(_ line: Slice<UnsafeBufferPointer<UInt8>>, _ form: Form, alsoSecret: StaticString? = nil) {
        self.line = line
        self.form = form
        self.alsoSecret = alsoSecret
        output.reserveCapacity(line.count)
    }

    /// - Returns: the line anew, and whether it ends where a secret begins or in the middle of one.
    static func scanned(
        _ line: ArraySlice<UInt8>, _ form: Form, alsoSecret: StaticString? = nil
    ) -> (output: [UInt8], isOpen: Bool) {
        line.withUnsafeBufferPointer { bytes in
            var scanner = SecretScanner(bytes[...], form, alsoSecret: alsoSecret)
            scanner.run()
            return (scanner.output, scanner.isOpen)
        }
    }

    mutating func run() {
        var place = line.startIndex
        while place < line.endIndex {
            if isName(line[place]) {
                let end = line[place...].firstIndex { !isName($0) } ?? line.endIndex
                place = take(name: place..<end)
            } else if line[place] == colon, let at = userInfoEnd(after: place) {
                take(userInfo: place + 3..<at)
                place = at
            } else {
                output.append(line[place])
                place += 1
            }
        }
    }

    // MARK: Names

    /// - Returns: where to go on.
    private mutating func take(name: Range<Int>) -> Int {
        let text = line[name]
        if SecretNames.begins(text, "mysql") || SecretNames.begins(text, "mariadb") { isMySQL = true }
        // The password of MySQL's programs follows its option without a blank.
        if isMySQL, text.count > 2, SecretNames.begins(text, "-p") {
            output += text.prefix(2) + Self.mask
            return name.upperBound
        }
        output += text
        let bare = text.drop { $0 == dash }
        if SecretNames.isWhole(bare, "bearer") { return takeBearer(at: name.upperBound) }
        guard SecretNames.isSecret(bare) || alsoSecret.map({ SecretNames.isWhole(bare, $0) }) == true,
            let value = value(of: name)
        else { return name.upperBound }
        output += line[name.upperBound..<value.lowerBound]
        if isHarmless(line[value]) {
            output += line[value]
        } else if !value.isEmpty {
            output += Self.mask
        }
        if value.upperBound == line.endIndex { isOpen = true }
        return value.upperBound
    }

    private mutating func takeBearer(at place: Int) -> Int {
        guard place < line.endIndex, line[place] == blank else { return place }
        let end = line[(place + 1)...].firstIndex { isEnd($0) } ?? line.endIndex
        guard end > place + 1, line[place + 1] != UInt8(ascii: "$") else { return place }
        output += [blank] + Self.mask
        return end
    }

    /// - Returns: nil where no value follows the name; empty where it is on other lines.
    private func value(of name: Range<Int>) -> Range<Int>? {
        var place = name.upperBound
        let isOption = line[name.lowerBound] == dash
        let isQuoted = skipQuote(&place)
        let afterName = place
        skipBlanks(&place)
        guard place < line.endIndex else { return nil }
        switch line[place] {
        case UInt8(ascii: "="), colon:
            if line[place] == colon, SecretNames.begins(line[place...], "://") { return nil }
            place += 1
            while place < line.endIndex, line[place] == UInt8(ascii: "=") || line[place] == UInt8(ascii: ">") {
                place += 1
            }
        case comma where isQuoted && isOption: place += 1
        default:
            let text = line[name].drop { $0 == dash }
            let needsNoSign =
                isOption || SecretNames.isDirective(text) || SecretNames.isHeader(text) && isQuote(line[place])
            guard place > afterName, needsNoSign, line[place] != dash else { return nil }
        }
        skipBlanks(&place)
        return extent(of: name, from: place)
    }

    private func extent(of name: Range<Int>, from start: Int) -> Range<Int>? {
        var start = start
        guard start < line.endIndex else { return start..<start }
        let before = name.lowerBound > line.startIndex ? line[name.lowerBound - 1] : nil
        if isQuote(line[start]) {
            let quote = line[start]
            // Inside of a text that stands in the same quotes, it is the end of that one.
            if quote == before, line[name.upperBound] != quote { return start..<start }
            start += 1
            return start..<(closing(quote, from: start) ?? line.endIndex)
        }
        if line[start] == backslash, start + 1 < line.endIndex, isQuote(line[start + 1]) {
            start += 2
            return start..<(line[start...].firstIndex(of: backslash) ?? line.endIndex)
        }
        switch line[start] {
        case UInt8(ascii: "{"), UInt8(ascii: "&"), UInt8(ascii: "*"): return nil
        case UInt8(ascii: "["):
            return start + 1..<(line[start...].firstIndex(of: UInt8(ascii: "]")) ?? line.endIndex)
        default: return start..<plainEnd(of: name, from: start, before: before)
        }
    }

    private func plainEnd(of name: Range<Int>, from start: Int, before: UInt8?) -> Int {
        let rest = line[start...]
        if SecretNames.isHeader(line[name].drop { $0 == dash }) {
            return rest.firstIndex { isQuote($0) || $0 == 0x0D } ?? line.endIndex
        }
        guard form == .configuration, line[name.lowerBound] != dash else {
            return rest.firstIndex { isEnd($0) } ?? line.endIndex
        }
        if let before, isQuote(before), line[name.upperBound] != before {
            return closing(before, from: start) ?? line.endIndex
        }
        if line[..<name.lowerBound].contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }) {
            return rest.firstIndex { $0 == comma || $0 == UInt8(ascii: "]") || $0 == UInt8(ascii: "}") }
                ?? line.endIndex
        }
        return line.endIndex
    }

    // MARK: Addresses

    /// - Returns: the place of the `@` of `://user:password@host`.
    private func userInfoEnd(after place: Int) -> Int? {
        guard SecretNames.begins(line[place...], "://") else { return nil }
        let rest = line[(place + 3)...]
        let stop = rest.firstIndex {
            $0 <= blank || isQuote($0) || $0 == slash || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "<")
        }
        return rest[..<(stop ?? line.endIndex)].lastIndex(of: UInt8(ascii: "@"))
    }

    private mutating func take(userInfo: Range<Int>) {
        output += [colon, slash, slash]
        if let sign = line[userInfo].firstIndex(of: colon) { output += line[userInfo.lowerBound...sign] }
        output += Self.mask
    }

    // MARK: Signs

    private func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    private func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

    private func isEnd(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...32, 34, 38, 39, 41, 44, 59, 60, 62, 92, 93, 96, 124, 125: true
        default: false
        }
    }

    private func closing(_ quote: UInt8, from start: Int) -> Int? {
        var place = start
        while place < line.endIndex {
            if line[place] == quote { return place }
            place += line[place] == backslash ? 2 : 1
        }
        return nil
    }

    private func skipBlanks(_ place: inout Int) {
        while place < line.endIndex, line[place] == blank || line[place] == 9 { place += 1 }
    }

    private func skipQuote(_ place: inout Int) -> Bool {
        guard place < line.endIndex else { return false }
        if line[place] == backslash, place + 1 < line.endIndex, isQuote(line[place + 1]) {
            place += 2
            return true
        }
        guard isQuote(line[place]) else { return false }
        place += 1
        return true
    }

    /// A reference to a variable, or what says no more than yes or no.
    private func isHarmless(_ value: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let text = String(decoding: value, as: UTF8.self)
        if ["true", "false", "null"].contains(text) { return true }
        guard text.hasPrefix("$") else { return false }
        let name = text.hasPrefix("${") && text.hasSuffix("}") ? text.dropFirst(2).dropLast() : text.drop { $0 == "$" }
        return !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
