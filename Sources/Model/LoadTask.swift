/// One kind of request, chosen at random by its weight.
package struct LoadTask: Codable, Sendable, Equatable {
    package var name: String
    package var weight: Int
    package var method: HTTPMethod
    /// Path and query as the user wrote it, starting with a slash.
    package var path: String
    /// The path where parts of it are drawn anew for each request; empty where it is always the same.
    package var pathPieces: [BodyTemplate.Piece]
    /// In place of, or beside, those that every request has.
    package var headers: [HeaderTemplate]
    /// One is chosen per request by its share; empty for a request without a body.
    package var bodies: [BodyTemplate]
    package var expect: Check
    /// What the user keeps of an answer that was as expected, for its later requests.
    package var takes: [Take]
    /// Names of values that the user has no more after such an answer.
    package var forgets: [String]
    /// Tasks of one group are summed up under this name.
    package var group: String?
    /// When the task comes; nil where it is drawn by its weight.
    package var order: TaskOrder?
    /// Redirects that are followed, as parts of the request; nil for none.
    package var follow: Int?
    /// Pause of the user after this task; nil for that of the load.
    package var thinkTime: ThinkTime?

    package init(
        name: String, weight: Int, method: HTTPMethod, path: String, pathPieces: [BodyTemplate.Piece] = [],
        headers: [HeaderTemplate] = [], bodies: [BodyTemplate] = [], expect: Check, takes: [Take] = [],
        forgets: [String] = [], group: String? = nil, order: TaskOrder? = nil, follow: Int? = nil,
        thinkTime: ThinkTime? = nil
    ) {
        self.name = name
        self.weight = weight
        self.method = method
        self.path = path
        self.pathPieces = pathPieces
        self.headers = headers
        self.bodies = bodies
        self.expect = expect
        self.takes = takes
        self.forgets = forgets
        self.group = group
        self.order = order
        self.follow = follow
        self.thinkTime = thinkTime
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        weight = try values.decode(Int.self, forKey: .weight)
        method = try values.decode(HTTPMethod.self, forKey: .method)
        path = try values.decode(String.self, forKey: .path)
        pathPieces = try values.decodeIfPresent([BodyTemplate.Piece].self, forKey: .pathPieces) ?? []
        headers = try values.decodeIfPresent([HeaderTemplate].self, forKey: .headers) ?? []
        bodies = try values.decode([BodyTemplate].self, forKey: .bodies)
        expect = try values.decode(Check.self, forKey: .expect)
        takes = try values.decodeIfPresent([Take].self, forKey: .takes) ?? []
        forgets = try values.decodeIfPresent([String].self, forKey: .forgets) ?? []
        group = try values.decodeIfPresent(String.self, forKey: .group)
        order = try values.decodeIfPresent(TaskOrder.self, forKey: .order)
        follow = try values.decodeIfPresent(Int.self, forKey: .follow)
        thinkTime = try values.decodeIfPresent(ThinkTime.self, forKey: .thinkTime)
    }

    /// Names of the values without which the request cannot be written, in the order of their first use.
    package var needs: [String] {
        var names: [String] = []
        for piece in pathPieces + headers.flatMap(\.pieces) + bodies.flatMap(\.pieces) {
            if case .variable(let name) = piece, !names.contains(name) { names.append(name) }
        }
        return names
    }
}

/// When a task comes that is not drawn.
package enum TaskOrder: Codable, Sendable, Equatable {
    /// Once per user, before all that is drawn; several in the order of the definition.
    case once
    /// A step of a flow, from 0. A flow is drawn by the weight of its first step; the others follow it.
    case step(Int, of: String)
}

/// The method of a request, in capital letters.
package struct HTTPMethod: RawRepresentable, Codable, Sendable, Hashable {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package static let get = HTTPMethod(rawValue: "GET")
    package static let head = HTTPMethod(rawValue: "HEAD")
    package static let post = HTTPMethod(rawValue: "POST")
    package static let put = HTTPMethod(rawValue: "PUT")
    package static let patch = HTTPMethod(rawValue: "PATCH")
    package static let delete = HTTPMethod(rawValue: "DELETE")
    package static let options = HTTPMethod(rawValue: "OPTIONS")

    /// Those that a definition has keys for.
    package static let usual = [get, head, post, put, patch, delete, options]

    /// Whether a request without a body says so, since one is expected (RFC 9110, section 8.6).
    package var expectsBody: Bool { self == .post || self == .put || self == .patch }
}

/// A request body cut into what is sent as it is and what is drawn anew for each request.
package struct BodyTemplate: Codable, Sendable, Equatable {
    /// Relative frequency among the task's bodies.
    package var share: Share
    package var pieces: [Piece]

    package init(share: Share, pieces: [Piece]) {
        self.share = share
        self.pieces = pieces
    }

    package enum Piece: Codable, Sendable, Equatable {
        case text(String)
        /// A decimal integer, uniform between the bounds, both included.
        case randomInteger(ClosedRange<Int>)
        /// One of these, each as likely as the others; at least one.
        case choice([String])
        /// A random UUID (RFC 9562, version 4).
        case uuid
        /// Counts the requests of all users that have a sequence, from this number.
        case sequence(from: Int)
        /// A column of a table; all columns that a request has of one table are of the same row.
        case column(TableColumn)
        /// A value that the user took out of an answer.
        case variable(String)
        /// A file's bytes as they are, of any size; in bodies only.
        case file(BodyFileReference)
    }
}

/// A file whose bytes are sent.
package struct BodyFileReference: Codable, Sendable, Equatable {
    /// As the user wrote it.
    package var name: String
    /// Where it lies. Records have the name alone.
    package var path: String

    package init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    package init(from decoder: any Decoder) throws {
        name = try decoder.singleValueContainer().decode(String.self)
        path = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

/// A column of a CSV file, or a variable of the environment.
package struct TableColumn: Codable, Sendable, Equatable {
    package enum Order: String, Codable, Sendable {
        /// Row after row, over all users, and from the first again after the last.
        case sequential
        case random
    }

    package static let environment = "the environment"

    package var file: String
    package var name: String
    package var order: Order
    /// One per row; at least one.
    package var values: [String]

    package init(file: String, name: String, order: Order, values: [String]) {
        self.file = file
        self.name = name
        self.order = order
        self.values = values
    }

    /// A variable of the environment is one since nobody wanted to write its value down.
    package var isOfEnvironment: Bool { file.hasPrefix("\(Self.environment): ") }
}

/// A header field of a request.
package struct HeaderTemplate: Codable, Sendable, Equatable {
    package var name: String
    package var pieces: [BodyTemplate.Piece]

    package init(name: String, pieces: [BodyTemplate.Piece]) {
        self.name = name
        self.pieces = pieces
    }
}

/// A value that is kept from an answer.
package struct Take: Codable, Sendable, Equatable {
    package enum Source: Codable, Sendable, Equatable {
        /// A string, number or truth value in the body.
        case json(JSONPath)
        /// A header field, by its name. Of Set-Cookie all fields, as the value of a Cookie field.
        case header(String)
        /// A cookie that the user has after the answer, by its name.
        case cookie(String)
        /// A regular expression, of which the first group is taken, or the whole match where it has none.
        case pattern(String)
        /// An attribute of the first element that fits, in lower case; nil for the text that follows its tag.
        case element(ElementSelector, attribute: String?)
    }

    /// By which later requests name it: `${name}`.
    package var name: String
    package var source: Source

    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }
}
