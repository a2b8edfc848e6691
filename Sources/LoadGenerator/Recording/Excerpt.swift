/// Readable beginnings of requests and answers, for examples of failures.
enum Excerpt {
    /// The first kibibyte as text; line ends become plain and bytes that are not text are replaced.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let beginning = bytes.prefix(FailureLog.excerpt).filter { $0 != 0x0D }
        return String(decoding: beginning, as: UTF8.self)
    }

    /// The request's line and body, without its header fields.
    static func request(_ whole: [UInt8]) -> String {
        let line = whole.prefix { $0 != 0x0D }
        let version = " HTTP/1.1".utf8.count
        var excerpt = Array(line.dropLast(min(version, line.count)))
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        if let blank = whole.indices.first(where: { whole[$0...].starts(with: end) }), blank + 4 < whole.count {
            excerpt += [0x0A] + whole[(blank + 4)...]
        }
        return text(excerpt)
    }
}
