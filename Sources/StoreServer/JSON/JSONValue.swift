/// A JSON document. Numbers stay text, so that a price is never rounded by binary floating point.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// As it was written, for example `1999.99`.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Of a key that occurs twice, the last counts.
    case object([String: JSONValue])

    /// What it is, for messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
