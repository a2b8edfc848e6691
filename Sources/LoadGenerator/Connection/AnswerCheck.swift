import Model

/// What one task's answers are held against.
struct AnswerCheck: Sendable {
    let status: Int
    let jsonKind: Expectation.JSONKind?
    /// In UTF-8.
    let keys: [[UInt8]]
    /// The keys, then those under which an answer says that it has failed, whatever its status.
    let looked: [[UInt8]]

    private static let errorKeys = ["error", "errors"]

    init(_ expectation: Expectation, task: String) throws {
        guard expectation.has.count <= 62 else {
            throw Problem(.usage, "Task \(task) expects more than 62 keys.")
        }
        status = expectation.status
        jsonKind = expectation.jsonKind ?? (expectation.has.isEmpty ? nil : .object)
        keys = expectation.has.map { Array($0.utf8) }
        // Who expects an error, by its status or by its key, gets no failure for it.
        let mayFail = (200..<300).contains(status) && !expectation.has.contains(where: Self.errorKeys.contains)
        looked = keys + (mayFail ? Self.errorKeys.map { Array($0.utf8) } : [])
    }

    /// Whether the body has to be read to judge the answer.
    var readsBody: Bool { jsonKind != nil || !looked.isEmpty }
}

/// What is wrong with a whole answer. Put into words only when someone is to read it.
enum AnswerFault: Sendable, Equatable {
    case status(Int, expected: Int)
    case notJSON
    case otherKind(Expectation.JSONKind?, expected: Expectation.JSONKind)
    case missingKey(String)
    case errorInside(String)

    var kind: FailureKind {
        if case .status(let code, _) = self { .status(code) } else { .check }
    }

    var words: String {
        switch self {
        case .status(let code, let expected): "status \(code) instead of \(expected)"
        case .notJSON: "the body is not whole JSON"
        case .otherKind(let kind, let expected):
            "the body is \(Self.name(kind)) where \(Self.name(expected)) is expected"
        case .missingKey(let key): "the object has no key \"\(key)\""
        case .errorInside(let key): "the status says success, but the object has an \"\(key)\""
        }
    }

    private static func name(_ kind: Expectation.JSONKind?) -> String {
        switch kind {
        case .list: "a list"
        case .object: "an object"
        case nil: "a single value"
        }
    }
}

/// Reads one answer after the other and judges each.
struct AnswerReader: Sendable {
    private(set) var scanner = ResponseScanner()
    private var json = JSONScanner()
    private var readsBody = false

    mutating func begin(_ check: AnswerCheck) {
        scanner = ResponseScanner()
        readsBody = check.readsBody
        if readsBody { json.begin(wanting: check.looked) }
    }

    mutating func read(_ bytes: UnsafeRawBufferPointer) -> ResponseScanner.Progress {
        bytes.withMemoryRebound(to: UInt8.self) { read($0.span) }
    }

    mutating func read(_ bytes: Span<UInt8>) -> ResponseScanner.Progress {
        if readsBody { return scanner.scan(bytes, into: &json) }
        var nowhere = DiscardedBody()
        return scanner.scan(bytes, into: &nowhere)
    }

    /// The peer has closed the connection.
    mutating func end() -> ResponseScanner.Progress { scanner.end() }

    /// Judges a complete answer; nil when it is as expected.
    func fault(_ check: AnswerCheck) -> AnswerFault? {
        guard scanner.status == check.status else { return .status(scanner.status, expected: check.status) }
        let own = check.keys.count
        for index in own..<check.looked.count where json.telling & (1 << UInt64(index)) != 0 {
            return .errorInside(String(decoding: check.looked[index], as: UTF8.self))
        }
        guard let expected = check.jsonKind else { return nil }
        guard case .sound(let kind) = json.verdict() else { return .notJSON }
        guard kind == expected else { return .otherKind(kind, expected: expected) }
        for (index, key) in check.keys.enumerated() where json.found & (1 << UInt64(index)) == 0 {
            return .missingKey(String(decoding: key, as: UTF8.self))
        }
        return nil
    }
}

private struct DiscardedBody: BodySink {
    mutating func receive(_ bytes: Span<UInt8>) {}
}
