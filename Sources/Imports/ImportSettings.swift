/// What is asked of an import.
package struct ImportSettings: Sendable {
    /// Of the experiment: letters, digits and dashes.
    package var name: String
    /// As a person calls the source: `shop.har`.
    package var source: String
    /// Where the source was read; nil for a file.
    package var sourceURL: String?
    /// The load goes there, whatever the source says.
    package var target: String?
    package var keepsStatic: Bool
    /// One flow of all requests in their order. A recording always is one.
    package var isFlow: Bool
    /// Files may be written beside the experiment.
    package var savesFiles: Bool
    /// Bytes of a file that the source names; nil where it is not to be had.
    package var file: @Sendable (String) -> [UInt8]?

    package init(
        name: String, source: String, sourceURL: String? = nil, target: String? = nil, keepsStatic: Bool = false,
        isFlow: Bool = false, savesFiles: Bool = false, file: @escaping @Sendable (String) -> [UInt8]? = { _ in nil }
    ) {
        self.name = name
        self.source = source
        self.sourceURL = sourceURL
        self.target = target
        self.keepsStatic = keepsStatic
        self.isFlow = isFlow
        self.savesFiles = savesFiles
        self.file = file
    }
}

/// An experiment made of a source.
package struct Imported: Sendable {
    /// The experiment's file.
    package var text: String
    /// Files beside it, by their paths relative to it.
    package var files: [(path: String, bytes: [UInt8])]
    package var leftOut: [LeftOut]
    package var taskCount: Int
    /// `41 requests: 17 tasks, 24 left out: 20 static files, 4 to other hosts`.
    package var summary: String
    /// Variables of the environment that the experiment reads, with what the source has for them; empty where it has nothing.
    package var variables: [(name: String, value: String)]
}
