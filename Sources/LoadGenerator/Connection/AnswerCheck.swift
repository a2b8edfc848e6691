package import Model

/// What one task's answers are held against.
package struct AnswerCheck: Sendable {
    let status: Int
    let otherStatuses: [ClosedRange<Int>]
    let jsonKind: Check.JSONKind?
    /// In UTF-8.
    let keys: [[UInt8]]
    /// The keys, then those under which an answer says that it has failed, whatever its status.
    let looked: [[UInt8]]
    /// nil for most tasks: what costs more than a look at each byte.
    let values: ValueCheck?
    /// As to HEAD.
    let isBodiless: Bool
    /// Whether cookies and redirects are noticed.
    let noticesSession: Bool

    private static let errorKeys = ["error", "errors"]

    package init(
        _ check: Check, task: String, takes: [Take] = [], isBodiless: Bool = false, noticesSession: Bool = false
    ) throws {
        guard check.has.count <= 62 else {
            throw Problem(.usage, "Task \(task) expects more than 62 keys.")
        }
        status = check.status
        otherStatuses = check.otherStatuses
        jsonKind = check.jsonKind ?? (check.has.isEmpty ? nil : .object)
        keys = check.has.map { Array($0.utf8) }
        // Who expects an error, by its status or by its key, gets no failure for it.
        let mayFail =
            (check.otherStatuses + [check.status...check.status]).contains { $0.overlaps(200...299) }
            && !check.allowsErrorKeys
            && !check.has.contains(where: Self.errorKeys.contains)
        looked = keys + (mayFail ? Self.errorKeys.map { Array($0.utf8) } : [])
        let values = try ValueCheck(check, takes: takes)
        self.values = values.isNeeded ? values : nil
        self.isBodiless = isBodiless
        self.noticesSession = noticesSession || values.takesAllCookies
    }

    @inline(__always)
    func accepts(_ code: Int) -> Bool { code == status || otherStatuses.contains { $0.contains(code) } }

    /// For a person: `200`, or `200, 300 to 399`.
    var expectedStatuses: String {
        let others = otherStatuses.filter { $0 != status...status }
        let own = others.contains { $0.contains(status) } ? [] : ["\(status)"]
        return (own + others.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)" })
            .joined(separator: ", ")
    }

    /// Whether the body has to be read to judge the answer.
    var readsBody: Bool { jsonKind != nil || !looked.isEmpty }
}

/// Why a complete answer did not pass its check. It is put into words only when someone is to read it.
package enum AnswerFault: Error, Sendable, Equatable {
    case status(Int, expected: String)
    case notJSON
    case otherKind(Check.JSONKind?, expected: Check.JSONKind)
    case missingKey(String)
    case errorInside(String)
    case missingHeader(String)
    case header(String, String, expected: String)
    case size(Int, expected: ClosedRange<Int>)
    case value(String, String, expected: String)
    case nothingToTake(String)
    /// A URL that a later request was to go to.
    case otherHost(String)
    case redirectElsewhere(String)
    case tooManyRedirects(Int)
    case tooLong
    case notDecoded

    var kind: FailureKind {
        switch self {
        case .status(let code, _): .status(code)
        case .redirectElsewhere, .tooManyRedirects: .redirect
        default: .check
        }
    }

    var words: String {
        switch self {
        case .status(let code, let expected): "HTTP \(code) (expected \(expected))"
        case .notJSON: "the body is not complete JSON"
        case .otherKind(let kind, let expected):
            "the body is \(Self.name(kind)) (expected \(Self.name(expected)))"
        case .missingKey(let key): "the object has no key \"\(key)\""
        case .errorInside(let key): "the status says success, but the object has an \"\(key)\""
        case .missingHeader(let name): "the answer has no header \(name)"
        case .header(let name, let value, let expected): "the header \(name) is \(value) (expected \(expected))"
        case .size(let size, let expected):
            "the body has \(size) bytes (expected "
                + (expected.count == 1
                    ? "\(expected.lowerBound))" : "\(expected.lowerBound) to \(expected.upperBound))")
        case .value(let path, let value, let expected): "\(path) is \(value) (expected \(expected))"
        case .nothingToTake(let name): "the answer has no value to take for \(name)"
        case .otherHost(let url): "\(url) leads to another host; requests go to the target only"
        case .redirectElsewhere(let url): "the redirect to \(url) leads to another host, so it was not followed"
        case .tooManyRedirects(let most): "more than \(most) redirects one after the other"
        case .notDecoded: "the body is not what its Content-Encoding says, or compressed in a way that cannot be read"
        case .tooLong: "the body is longer than 1 MiB, so no value is looked up in it"
        }
    }

    private static func name(_ kind: Check.JSONKind?) -> String {
        switch kind {
        case .list: "a list"
        case .object: "an object"
        case nil: "a single value"
        }
    }
}

/// Reads one answer after the other and judges each.
package struct AnswerReader: Sendable {
    private enum Depth { case nothing, body }

    package private(set) var scanner = ResponseScanner()
    private var body = WholeBody()
    private var depth = Depth.nothing

    package init() {}

    package mutating func begin(_ check: AnswerCheck) {
        guard let values = check.values else {
            scanner = ResponseScanner(bodiless: check.isBodiless, noticesSession: check.noticesSession)
            depth = check.readsBody ? .body : .nothing
            if check.readsBody { body.begin(wanting: check.looked, keeping: false) }
            return
        }
        scanner = ResponseScanner(
            bodiless: check.isBodiless, catching: values.caught, noticesSession: check.noticesSession)
        depth = .body
        body.begin(wanting: check.looked, keeping: true)
    }

    package mutating func read(_ bytes: UnsafeRawBufferPointer) -> ResponseScanner.Progress {
        bytes.withMemoryRebound(to: UInt8.self) { read($0.span) }
    }

    mutating func read(_ bytes: Span<UInt8>) -> ResponseScanner.Progress {
        switch depth {
        case .body: return scanner.scan(bytes, into: &body)
        case .nothing:
            var nowhere = DiscardedBody()
            return scanner.scan(bytes, into: &nowhere)
        }
    }

    /// The peer has closed the connection.
    package mutating func end() -> ResponseScanner.Progress { scanner.end() }

    /// Judges a complete answer; nil when it is as expected.
    package func fault(_ check: AnswerCheck) -> AnswerFault? {
        guard check.accepts(scanner.status) else {
            return .status(scanner.status, expected: check.expectedStatuses)
        }
        if !body.isReadable, depth == .body { return .notDecoded }
        if check.isBodiless { return check.values?.fault(fields: scanner.caught, body: body) }
        let own = check.keys.count
        if (200..<300).contains(scanner.status) {
            for index in own..<check.looked.count where body.json.telling & (1 << UInt64(index)) != 0 {
                return .errorInside(String(decoding: check.looked[index], as: UTF8.self))
            }
        }
        if let expected = check.jsonKind {
            guard case .sound(let kind) = body.json.verdict() else { return .notJSON }
            guard kind == expected else { return .otherKind(kind, expected: expected) }
            for (index, key) in check.keys.enumerated() where body.json.found & (1 << UInt64(index)) == 0 {
                return .missingKey(String(decoding: key, as: UTF8.self))
            }
        }
        return check.values?.fault(fields: scanner.caught, body: body)
    }

    /// Sizes of a body that came compressed; nil of any other.
    var compressed: CompressedBodies? { depth == .body ? body.compressed : nil }

    /// What is kept of an answer without a fault.
    package func taken(_ check: AnswerCheck) -> Result<[[UInt8]], AnswerFault> { taken(check, jar: nil) }

    /// - Parameter jar: the user's cookies, those of this answer among them.
    func taken(_ check: AnswerCheck, jar: CookieJar?) -> Result<[[UInt8]], AnswerFault> {
        check.values?.taken(scanner, body: body, jar: jar) ?? .success([])
    }
}

private struct DiscardedBody: BodySink {
    mutating func receive(_ bytes: Span<UInt8>) {}
}
