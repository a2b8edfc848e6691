import Model

/// Keeps values of the environment (`${env(NAME)}`) out of what is shown and recorded of requests and answers, wherever they
/// stand in it: whoever reads a report is not to learn a password from it.
struct SecretMask: Sendable {
    /// As they are and as requests have them, the longest first.
    private let values: [String]

    private static let mask = "***"
    /// A shorter value would hide half of a text, and is soon guessed.
    private static let shortest = 3

    init(_ tasks: [LoadTask]) {
        var values: Set<String> = []
        for task in tasks {
            for piece in task.pathPieces + task.headers.flatMap(\.pieces) + task.bodies.flatMap(\.pieces) {
                guard case .column(let column) = piece, column.isOfEnvironment else { continue }
                for value in column.values where value.count >= Self.shortest {
                    values.formUnion(Self.forms(of: value))
                }
            }
        }
        self.values = values.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    func hidden(_ example: FailureExample) -> FailureExample {
        guard !values.isEmpty else { return example }
        var example = example
        example.detail = hidden(example.detail)
        example.request = hidden(example.request)
        example.response = hidden(example.response)
        return example
    }

    func hidden(_ text: String) -> String {
        var text = text
        for value in values { text = text.replacing(value, with: Self.mask) }
        // A text that is cut off may end in the middle of one.
        for value in values {
            let lengths = stride(from: value.count - 1, through: Self.shortest, by: -1)
            guard let length = lengths.first(where: { text.hasSuffix(value.prefix($0)) }) else { continue }
            text = text.dropLast(length) + Self.mask
        }
        return text
    }

    /// As text, in a URL, in a form, and in JSON.
    private static func forms(of value: String) -> [String] {
        let bytes = Array(value.utf8)
        let escapes: [Escape] = [.plain, .jsonString, .segment, .form, .markup, .field]
        return escapes.map { String(decoding: $0.applied(to: bytes), as: UTF8.self) }
    }
}
