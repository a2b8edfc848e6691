import ArgumentParser
import Experiments
import Foundation
import Model
import Orchestrator
import Results
import Stacks

/// `storelab run`: measures experiments and writes the report.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure experiments and write the report.",
        discussion: "Without files it runs all of experiments/, in the order of their names.")

    @Argument(help: "Experiment files or folders.")
    var files: [String] = []

    @Flag(help: "Shorten every duration. The report says so: it shows that all works, not how much the store bears.")
    var quick = false

    @Flag(help: "Go on with the latest run: what it measured is not repeated.")
    var resume = false

    @Flag(help: "Show the plan and how long it takes, and do nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
    var output: String?

    func validate() throws {
        if resume, quick || !files.isEmpty || dryRun {
            throw ValidationError(
                "--resume goes on with the run as it was begun; leave out files, --quick and --dry-run.")
        }
    }

    func run() async throws {
        let places = try Places()
        let output = self.output ?? places.output
        if dryRun { return Terminal.answer(Plan(try definitions(places), quick: quick).text) }
        try removeLeftovers()
        let folder = resume ? try RunFolder.find(nil, in: output) : nil
        let manifest =
            if let folder { try folder.readManifest() } else { try await newManifest(places, output: output) }
        let templates = try places.reportTemplates()
        let workspace = try Workspace(run: manifest.id)
        let outcomes: Result<[Outcome], any Error>
        let target: RunFolder
        do {
            let stack = try LocalStack(
                templates: places.stackTemplates, storeExecutable: places.store, workspace: workspace)
            target = try folder ?? RunFolder.create(in: output, manifest: manifest)
            outcomes = await measure(manifest, in: target, on: stack)
        } catch {
            workspace.remove()
            throw error
        }
        workspace.remove()
        let reports = Result { try ReportFiles.write(for: target, templates: templates) }
        try conclude(outcomes, reports, of: manifest)
    }

    private func removeLeftovers() throws {
        let leftovers = try Leftovers.clean()
        for path in leftovers.removed { Terminal.tell("storelab: removed what a killed run left in \(path)") }
        if !leftovers.inUse.isEmpty {
            Terminal.tell("storelab: another run is going on; the two disturb each other's figures")
        }
    }

    private func definitions(_ places: Places) throws -> [Experiment] {
        let experiments = try loadExperiments(paths: places.experimentPaths(files))
        return quick ? experiments.map(\.quickened) : experiments
    }

    private func newManifest(_ places: Places, output: String) async throws -> RunManifest {
        let began = Date()
        let experiments = try definitions(places)
        DescriptorLimit.raise()
        return RunManifest(
            id: RunName.make(at: began, in: output), version: storelabVersion,
            commit: await Checkout.commit(in: places.home),
            began: began.timeIntervalSince1970, quick: quick, host: .current(), experiments: experiments)
    }

    private func measure(
        _ manifest: RunManifest, in folder: RunFolder, on stack: any Stack
    ) async -> Result<[Outcome], any Error> {
        DescriptorLimit.raise()
        let display = ProgressDisplay(
            manifest: manifest, folder: Places.shown(folder.path), style: .current)
        defer { display.end() }
        let orchestrator = Orchestrator(
            manifest: manifest, folder: folder, stack: stack, progress: { display.show($0) })
        do {
            return .success(try await Interruption.cancelling { try await orchestrator.run() })
        } catch {
            return .failure(error)
        }
    }

    private func conclude(
        _ outcomes: Result<[Outcome], any Error>, _ reports: Result<[String], any Error>, of manifest: RunManifest
    ) throws {
        if case .success(let files) = reports { Terminal.answer(files.map(Places.shown).joined(separator: "\n")) }
        let all = try outcomes.get()
        _ = try reports.get()
        if all.contains(.interrupted) || all.count < manifest.experiments.flatMap(\.variants).count {
            Terminal.tell("storelab: interrupted; go on with: ./storelab run --resume")
            throw ExitStatus.interrupted
        }
        guard all.allSatisfy({ $0 == .measured }) else { throw ExitStatus.notMeasured }
    }
}

/// Names of runs: their beginning in UTC, in a form that every file system takes.
enum RunName {
    /// A name that is not taken in the folder: runs that begin in the same second get `-2`, `-3` and so on.
    static func make(at time: Date, in output: String) -> String {
        let name = time.formatted(.iso8601.dateSeparator(.dash).timeSeparator(.colon)).replacing(":", with: "-")
        let isTaken = { (name: String) in FileManager.default.fileExists(atPath: "\(output)/\(name)") }
        guard isTaken(name) else { return name }
        return (2...).lazy.map { "\(name)-\($0)" }.first { !isTaken($0) } ?? name
    }
}

/// Connections need descriptors; the programs of the stack inherit the limit.
enum DescriptorLimit {
    /// As many as the largest search of the lab wants: a connection of the generator's and two of Nginx's for each user.
    private static let wanted: rlim_t = 131_072

    /// Raises the soft limit of open files to what is wanted where the system permits it (root), else to the hard limit.
    static func raise() {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < wanted else { return }
        var more = rlimit(rlim_cur: wanted, rlim_max: max(wanted, limit.rlim_max))
        if setrlimit(resource, &more) == 0 { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }
}
