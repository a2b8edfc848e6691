/// An answer that came in several pieces.
final class PartialAnswer {
    var reader: AnswerReader
    /// Its beginning.
    private(set) var heard: [UInt8] = []
    private let check: AnswerCheck

    init(reader: AnswerReader, check: AnswerCheck, beginning: UnsafeRawBufferPointer) {
        self.reader = reader
        self.check = check
        heard = Array(beginning.prefix(most))
    }

    /// Of an answer with another status than expected more is looked at than of others.
    private var most: Int { check.accepts(reader.scanner.status) ? FailureLog.excerpt : FailureLog.look }

    func read(_ bytes: UnsafeRawBufferPointer) -> ResponseScanner.Progress {
        let progress = reader.read(bytes)
        let room = most - heard.count
        if room > 0, case .incomplete = progress { heard.append(contentsOf: bytes.prefix(room)) }
        return progress
    }
}
