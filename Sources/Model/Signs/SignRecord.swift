/// The signs of a load in logs and in what the engine told, and an example of each in answers. How many answers bore one stands
/// in the samples.
package struct SignRecord: Codable, Sendable, Equatable {
    package var series: [SignSeries]
    /// The line of the first failed answer with each sign.
    package var answers: [SignKind: String]
    /// Parts whose logs were read.
    package var read: [String]
    /// Those of them whose logs were longer than there was time for.
    package var cut: [String]

    package init(
        series: [SignSeries] = [], answers: [SignKind: String] = [:], read: [String] = [], cut: [String] = []
    ) {
        self.series = series
        self.answers = answers
        self.read = read
        self.cut = cut
    }
}

/// One sign of one part over the load.
package struct SignSeries: Codable, Sendable, Equatable {
    package var kind: SignKind
    package var source: SignSource
    /// The component's name, for example `store-1`.
    package var component: String
    /// Seconds of the load in which it was seen, in their order.
    package var seconds: [Int]
    /// Of each of those, how many lines, or events.
    package var counts: [Int]
    /// The first line; empty of what the engine tells.
    package var example: String

    package init(
        kind: SignKind, source: SignSource, component: String, counts: [Int: Int], example: String = ""
    ) {
        self.kind = kind
        self.source = source
        self.component = component
        seconds = counts.keys.sorted()
        self.counts = seconds.map { counts[$0] ?? 0 }
        self.example = example
    }
}

/// What was found in the failed answers of one second.
package struct AnswerSigns: Codable, Sendable, Equatable {
    /// Failed answers whose beginning was looked at; all of the second, unless there were very many.
    package var looked: Int
    /// How many of them bore each sign.
    package var counts: [SignKind: Int]

    package init(looked: Int = 0, counts: [SignKind: Int] = [:]) {
        self.looked = looked
        self.counts = counts
    }

    /// Several loops' parts of a second; nil where none looked.
    package static func merged(_ parts: [AnswerSigns]) -> AnswerSigns? {
        guard !parts.isEmpty else { return nil }
        return AnswerSigns(
            looked: parts.reduce(0) { $0 + $1.looked },
            counts: parts.reduce(into: [:]) { $0.merge($1.counts, uniquingKeysWith: +) })
    }
}
