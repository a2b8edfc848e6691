/// One request as a source has it. Its texts may have placeholders (`Marked`).
struct SourceRequest {
    /// Where it stands in the source: `entry 12`, `line 3`, `GET /pets`.
    var place: String
    /// For the task's name; nil: made of method and path.
    var name: String?
    var group: String?
    var method: String
    /// `http://shop.example:8080`, without a slash at its end.
    var origin: String
    /// Path and query, as they are sent.
    var target: String
    var headers: [Field] = []
    var body: Body?
    /// As `expect: status:` has it; nil for 200.
    var status: String?
    var allowsErrorKeys = false
    var follow: Int?
    var takes: [TakenValue] = []
    /// What a person should know of it, for comments.
    var notes: [String] = []
    /// Of a recording; nil where the source has no answers.
    var recorded: Recorded?

    struct Field: Equatable {
        var name: String
        var value: String
    }

    enum Body: Equatable {
        case text(String)
        case bytes([UInt8])
        case form([Field])
        case multipart([Part])
    }

    struct Part: Equatable {
        var name: String
        var value: String
        /// Of a part that is no file; nil for plain text.
        var type: String?
        /// For a part that is a file.
        var file: (bytes: [UInt8], name: String, type: String?)?

        static func == (one: Part, other: Part) -> Bool {
            one.name == other.name && one.value == other.value && one.type == other.type
                && one.file?.bytes == other.file?.bytes
                && one.file?.name == other.file?.name && one.file?.type == other.file?.type
        }
    }

    /// When a request was sent and what came back.
    struct Recorded {
        /// Seconds since any moment.
        var began: Double
        var ended: Double
        var status: Int
        var headers: [Field]
        /// Empty for what is no text.
        var text: String
    }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// A value that a task takes, and how `take:` says it.
struct TakenValue: Equatable {
    var name: String
    var source: Source

    enum Source: Equatable {
        case path(String)
        case header(String)
        case cookie(String)
        case pattern(String)
        case element(css: String, attribute: String)
    }
}
