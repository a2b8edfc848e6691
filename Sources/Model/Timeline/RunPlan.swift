/// What a run is about to do, for those who show it.
package struct RunPlan: Codable, Sendable, Equatable {
    /// A measurement that is to be made.
    package struct Entry: Codable, Sendable, Equatable {
        package var name: MeasurementName
        package var title: LocalizedText
        /// How long it takes at most, about, with its stack.
        package var seconds: Seconds
        /// Names of the tasks, in the order of the load.
        package var tasks: [String]
        package var criteria: [Criterion]
        package var shape: LoadShape

        package init(
            name: MeasurementName, title: LocalizedText, seconds: Seconds, tasks: [String], criteria: [Criterion],
            shape: LoadShape
        ) {
            self.name = name
            self.title = title
            self.seconds = seconds
            self.tasks = tasks
            self.criteria = criteria
            self.shape = shape
        }
    }

    /// The run's name, which is that of its folder; nil of a load that is not recorded.
    package var run: String?
    /// Absolute path of the run's folder.
    package var folder: String?
    /// Every duration was shortened.
    package var isQuick: Bool
    /// Which stack the experiments on the store have, and why.
    package var stack: String?
    package var entries: [Entry]

    package init(run: String?, folder: String?, isQuick: Bool, stack: String?, entries: [Entry]) {
        self.run = run
        self.folder = folder
        self.isQuick = isQuick
        self.stack = stack
        self.entries = entries
    }
}
