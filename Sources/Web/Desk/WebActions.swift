package import Model
package import Orchestrator
package import Reporting
package import Results

/// A run that was asked for on a page.
package struct RunWish: Sendable, Equatable {
    /// Paths of the experiment files.
    package var files: [String]
    package var isQuick: Bool
    /// "auto", "compose", "swarm", "local", or the URL of an application that runs.
    package var stack: String
    package var repeats: Int
    /// Hosts that are not this machine and may be loaded all the same.
    package var allowedHosts: [String]

    package init(files: [String], isQuick: Bool, stack: String, repeats: Int, allowedHosts: [String]) {
        self.files = files
        self.isQuick = isQuick
        self.stack = stack
        self.repeats = repeats
        self.allowedHosts = allowedHosts
    }
}

/// A load of the generator alone that was asked for on a page, in the notation of `storelab load`.
package struct LoadWish: Sendable, Equatable {
    package var url: String
    package var users: String
    package var spawnRate: String
    package var thinkTime: String
    package var duration: String
    /// It may go to another machine.
    package var isRemoteAllowed: Bool

    package init(
        url: String, users: String, spawnRate: String, thinkTime: String, duration: String, isRemoteAllowed: Bool
    ) {
        self.url = url
        self.users = users
        self.spawnRate = spawnRate
        self.thinkTime = thinkTime
        self.duration = duration
        self.isRemoteAllowed = isRemoteAllowed
    }
}

/// What the pages let the program do, which is the same as its commands do.
package struct WebActions: Sendable {
    /// Checks a run before it is started.
    /// - Throws: what is wrong with it.
    package var checkRun: @Sendable (RunWish) throws -> Void
    /// Measures, and writes the reports. When its task is cancelled, what was measured is kept.
    package var run: @Sendable (RunWish, Timeline) async throws -> Void
    package var checkLoad: @Sendable (LoadWish) throws -> Void
    package var load: @Sendable (LoadWish, Timeline, Steering) async throws -> Void
    /// Writes a product of a run, for example `report.pdf`, into its folder.
    package var produce: @Sendable (_ product: String, _ run: RunFolder) async throws -> Void
    /// Sets two runs beside each other, the second against the first, as the body of a page.
    package var compare: @Sendable (_ a: RunFolder, _ b: RunFolder, Language) async throws -> String
    /// Seconds that an experiment takes at most, about.
    package var estimate: @Sendable (Experiment) -> Seconds

    package init(
        checkRun: @escaping @Sendable (RunWish) throws -> Void,
        run: @escaping @Sendable (RunWish, Timeline) async throws -> Void,
        checkLoad: @escaping @Sendable (LoadWish) throws -> Void,
        load: @escaping @Sendable (LoadWish, Timeline, Steering) async throws -> Void,
        produce: @escaping @Sendable (_ product: String, _ run: RunFolder) async throws -> Void,
        compare: @escaping @Sendable (_ a: RunFolder, _ b: RunFolder, Language) async throws -> String,
        estimate: @escaping @Sendable (Experiment) -> Seconds
    ) {
        self.checkRun = checkRun
        self.run = run
        self.checkLoad = checkLoad
        self.load = load
        self.produce = produce
        self.compare = compare
        self.estimate = estimate
    }
}
