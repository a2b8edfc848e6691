/// What an answer must be; anything else is a failure.
package struct Check: Codable, Sendable, Equatable {
    package var status: Int
    /// Further statuses that will do.
    package var otherStatuses: [ClosedRange<Int>]
    /// Keys that the answer's JSON object must have at its top level.
    package var has: [String]
    /// The kind of JSON value that the answer must be; nil when any body will do.
    package var jsonKind: JSONKind?
    /// Header fields that the answer must have.
    package var headers: [ExpectedHeader]
    /// Values that must stand in the body.
    package var equals: [ExpectedValue]
    /// Of the body in bytes, without its transfer coding; nil when any will do.
    package var size: ClosedRange<Int>?
    /// Whether an answer with a status of success may tell of an error under the key `error` or `errors`.
    package var allowsErrorKeys: Bool

    package init(
        status: Int = 200, has: [String] = [], jsonKind: JSONKind? = nil, headers: [ExpectedHeader] = [],
        equals: [ExpectedValue] = [], size: ClosedRange<Int>? = nil, allowsErrorKeys: Bool = false,
        otherStatuses: [ClosedRange<Int>] = []
    ) {
        self.status = status
        self.otherStatuses = otherStatuses
        self.has = has
        self.jsonKind = jsonKind
        self.headers = headers
        self.equals = equals
        self.size = size
        self.allowsErrorKeys = allowsErrorKeys
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        status = try values.decode(Int.self, forKey: .status)
        has = try values.decode([String].self, forKey: .has)
        jsonKind = try values.decodeIfPresent(JSONKind.self, forKey: .jsonKind)
        headers = try values.decodeIfPresent([ExpectedHeader].self, forKey: .headers) ?? []
        equals = try values.decodeIfPresent([ExpectedValue].self, forKey: .equals) ?? []
        size = try values.decodeIfPresent(ClosedRange<Int>.self, forKey: .size)
        otherStatuses = try values.decodeIfPresent([ClosedRange<Int>].self, forKey: .otherStatuses) ?? []
        allowsErrorKeys = try values.decodeIfPresent(Bool.self, forKey: .allowsErrorKeys) ?? false
    }

    package enum JSONKind: String, Codable, Sendable, CaseIterable {
        case list
        case object
    }
}

package struct ExpectedHeader: Codable, Sendable, Equatable {
    package var name: String
    /// `*` in it stands for any text.
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

package struct ExpectedValue: Codable, Sendable, Equatable {
    package var path: JSONPath
    package var value: JSONScalar

    package init(path: JSONPath, value: JSONScalar) {
        self.path = path
        self.value = value
    }
}

/// A JSON value that holds no others.
package enum JSONScalar: Codable, Sendable, Equatable, CustomStringConvertible {
    case string(String)
    case number(Double)
    /// A whole number beyond 2^53 as it is written, which a double would round.
    case whole(String)
    case bool(Bool)
    case null

    package var description: String {
        switch self {
        case .string(let text): "\"\(text)\""
        case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .whole(let digits): digits
        case .bool(let value): "\(value)"
        case .null: "null"
        }
    }
}

/// A place in a JSON text: `order_id`, `items[0].product_id`, `[2].name`; `$` is the whole, and may stand before the rest.
package struct JSONPath: RawRepresentable, Codable, Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        case key(String)
        case index(Int)
    }

    package let rawValue: String
    package let steps: [Step]

    package init?(rawValue: String) {
        self.rawValue = rawValue
        var rest = Substring(rawValue)
        var steps: [Step] = []
        let isRooted = rest.first == "$"
        if isRooted { rest.removeFirst() }
        while let first = rest.first {
            if first == "[" {
                guard let end = rest.firstIndex(of: "]"),
                    let index = Int(rest[rest.index(after: rest.startIndex)..<end]),
                    index >= 0
                else { return nil }
                steps.append(.index(index))
                rest = rest[rest.index(after: end)...]
                continue
            }
            if first == "." {
                rest.removeFirst()
            } else if isRooted || !steps.isEmpty {
                return nil
            }
            let name = rest.prefix { !".[]$".contains($0) }
            guard !name.isEmpty else { return nil }
            steps.append(.key(String(name)))
            rest = rest[name.endIndex...]
        }
        guard isRooted || !steps.isEmpty, rawValue.first != "." else { return nil }
        self.steps = steps
    }
}
