/// What a run is about to do, for those who show it.
package struct RunPlan: Codable, Sendable, Equatable {
    /// A measurement that is to be made.
    package struct Entry: Codable, Sendable, Equatable {
        package var name: MeasurementName
        package var title: LocalizedText
        package var time: Estimate
        /// Names of the tasks, in the order of the load.
        package var tasks: [String]
        package var criteria: [Criterion]
        package var shape: LoadShape

        package init(
            name: MeasurementName, title: LocalizedText, time: Estimate, tasks: [String], criteria: [Criterion],
            shape: LoadShape
        ) {
            self.name = name
            self.title = title
            self.time = time
            self.tasks = tasks
            self.criteria = criteria
            self.shape = shape
        }
    }

    /// How long a measurement takes, as long as nothing of it was measured.
    package struct Estimate: Codable, Sendable, Equatable {
        /// Until its stack is up.
        package var bringUp: Seconds
        /// At most, about.
        package var load: Seconds
        /// In that, how often a search goes from one step to the next.
        package var changes: Double
        /// How long that takes each time.
        package var change: Seconds

        package init(bringUp: Seconds, load: Seconds, changes: Double = 0, change: Seconds = 0) {
            self.bringUp = bringUp
            self.load = load
            self.changes = changes
            self.change = change
        }

        package var whole: Seconds { bringUp + load }
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
