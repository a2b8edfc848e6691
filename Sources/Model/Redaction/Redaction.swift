import Synchronization

/// Takes secrets out of what is recorded: names stay, values become `***`.
///
/// A value is a secret where its name looks like that of one (`SecretNames`): in variables, YAML, JSON, options of command
/// lines, queries and header fields; where it is the password of an address (`scheme://user:password@host`); and where it is
/// one of the values that are known to be secret, wherever it stands as a word of its own.
package struct Redaction: Sendable {
    /// Shorter ones are words that stand in a text for other reasons too.
    private static let shortestKnown = 8

    private let known: [[UInt8]]

    package init(_ secrets: KnownSecrets? = nil) {
        known = (secrets?.values ?? []).map { Array($0.utf8) }.filter { $0.count >= Self.shortestKnown }
            .sorted { $0.count > $1.count }
    }

    package static func looksSecret(_ name: String) -> Bool {
        Array(name.utf8).withUnsafeBufferPointer { SecretNames.isSecret($0[...]) }
    }

    /// A message, a request, an answer, a log.
    package func prose(_ text: String) -> String { opened(text).text }

    /// - Returns: the text, and whether it ends where a secret begins or in the middle of one.
    package func opened(_ text: String) -> (text: String, isOpen: Bool) {
        var isOpen = false
        var output: [UInt8] = []
        for line in Self.lines(Array(text.utf8)) {
            let scanned = SecretScanner.scanned(line, .prose)
            output += withoutKnown(scanned.output)
            isOpen = scanned.isOpen
        }
        return (String(decoding: output, as: UTF8.self), isOpen)
    }

    /// A file of YAML or of variables.
    package func configuration(_ text: String) -> String {
        var blocks = SecretBlocks()
        let lines = Self.lines(Array(text.utf8)).map { withoutKnown(blocks.redacted($0)) }
        return String(decoding: lines.joined(), as: UTF8.self)
    }

    /// Whole lines of a log, quickly where there is nothing in them.
    package func log(_ bytes: [UInt8]) -> [UInt8] {
        let hasKnown = known.contains { Self.place(of: $0, in: bytes, from: 0) != nil }
        return bytes.withUnsafeBufferPointer { all in
            var output: [UInt8] = []
            output.reserveCapacity(all.count)
            var start = 0
            while start < all.count {
                let line = all[start..<(all[start...].firstIndex(of: 10).map { $0 + 1 } ?? all.count)]
                start = line.endIndex
                if SecretNames.mayHoldSecrets(line) {
                    var scanner = SecretScanner(line, .prose)
                    scanner.run()
                    output += hasKnown ? withoutKnown(scanner.output) : scanner.output
                } else if hasKnown {
                    output += withoutKnown(Array(line))
                } else {
                    output.append(contentsOf: line)
                }
            }
            return output
        }
    }

    /// With their line ends.
    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: 10).map { $0 + 1 } ?? bytes.endIndex
            lines.append(bytes[start..<end])
            start = end
        }
        return lines
    }

    private func withoutKnown(_ bytes: [UInt8]) -> [UInt8] {
        known.reduce(bytes) { bytes, secret in
            guard var found = Self.place(of: secret, in: bytes, from: 0) else { return bytes }
            var output: [UInt8] = []
            var rest = 0
            while true {
                output += bytes[rest..<found] + SecretScanner.mask
                rest = found + secret.count
                guard let next = Self.place(of: secret, in: bytes, from: rest) else { break }
                found = next
            }
            return output + bytes[rest...]
        }
    }

    private static func place(of secret: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= secret.count + start else { return nil }
        for place in start...bytes.count - secret.count
        where bytes[place] == secret[0] && bytes[place..<place + secret.count].elementsEqual(secret) {
            let (before, after) = (place - 1, place + secret.count)
            if before >= 0, isWord(bytes[before]) { continue }
            if after < bytes.count, isWord(bytes[after]) { continue }
            return place
        }
        return nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// Values that are known to be secret, for example the password of a run's database. A stack adds what it learns.
package final class KnownSecrets: Sendable, Equatable {
    private let all = Mutex<Set<String>>([])

    package init() {}

    package func add(_ secrets: some Sequence<String>) { all.withLock { $0.formUnion(secrets) } }

    package var values: [String] { all.withLock { $0.sorted() } }

    package static func == (one: KnownSecrets, other: KnownSecrets) -> Bool { one === other }
}
