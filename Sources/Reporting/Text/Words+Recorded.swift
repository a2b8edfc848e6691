package import Model

/// What records hold, in the report's words.
extension Words {
    /// A text that the program recorded in English, in the language of these words where they know it.
    package func recorded(_ text: String) throws -> String {
        for phrase in phrases {
            guard let values = phrase.values(in: text) else { continue }
            // What stands in it may be such a text itself.
            return try self(phrase.name, values.mapValues { $0 == text ? $0 : try recorded($0) })
        }
        // What to do about a problem, or what a program said, stands on a line of its own.
        if let line = text.ranges(of: "\n  ").last, line.lowerBound > text.startIndex {
            return try recorded(String(text[..<line.lowerBound])) + "\n  " + recorded(String(text[line.upperBound...]))
        }
        return text
    }

    package func name(of kind: FailureKind) throws -> String {
        switch kind {
        case .refused: try self("failureRefused")
        case .reset: try self("failureReset")
        case .timeout: try self("failureTimeout")
        case .connect: try self("failureConnect")
        case .exhausted: try self("failureExhausted")
        case .tls: try self("failureTLS")
        case .status(let code): try self("failureStatus", ["code": String(code)])
        case .check: try self("failureCheck")
        case .malformed: try self("failureMalformed")
        case .redirect: try self("failureRedirect")
        case .stream: try self("failureStream")
        }
    }
}
