import Analysis
import ArgumentParser
import Model
import Orchestrator
import Reporting
import Results

/// `storelab run`: measures experiments and writes the report.
struct Run: AsyncParsableCommand, CheckedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure experiments and write the report.",
        discussion: "Without files, it runs all experiments in experiments/, in the order of their file names.")

    @Argument(help: "Experiment files or folders.")
    var files: [String] = []

    @Flag(help: "Shorten every duration, to show that everything works. The report says that it is not a measurement.")
    var quick = false

    @Flag(
        help: """
            Continue the latest run. Experiments that it has measured are not repeated. Name the files again only if their \
            load needs secrets, such as a token: secrets are not recorded.
            """)
    var resume = false

    @Option(
        name: .customLong("repeat"),
        help: ArgumentHelp(
            "Measure each experiment this many times, in turns. The report then shows how far the measurements lie apart.",
            valueName: "times"))
    var times = 1

    @Flag(help: "Keep the Prometheus data of each measurement in the run's folder, so that you can look at them later.")
    var keepPrometheus = false

    @Flag(help: "Show the plan and its duration, and stop there.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "What no fault may cost, for example 'lost > 10' or 'recovery > 5s': exit code 4 when it is met, or not measured. Repeatable.",
            valueName: "criterion"))
    var failIf: [String] = []

    @Option(
        help: ArgumentHelp(
            "Formats of the report, separated by commas: md, html, json, csv, junit, pdf, github.",
            valueName: "formats"),
        transform: ReportFormat.list)
    var format = ReportFormat.standard

    @OptionGroup
    var summary: SummaryOptions

    @Option(help: ArgumentHelp("Folder for the results.", valueName: "folder"))
    var output: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Agents that generate the load of all experiments, separated by commas: `local`, `ssh://[user@]host[:port]`, the name of a Docker context, or `node://NAME`. Repeatable.",
            valueName: "agents"))
    var from: [String] = []

    @Flag(help: "Show the run in the browser while it goes on.")
    var web = false

    @OptionGroup
    var webOptions: WebOptions

    @OptionGroup
    var stackOptions: StackOptions

    func validate() throws {
        try summary.check(for: format)
        if resume, quick || dryRun || times != 1 || keepPrometheus || !from.isEmpty {
            throw ValidationError(
                "--resume continues a run with the options that it was started with; leave out --quick, --repeat, "
                    + "--keep-prometheus, --from and --dry-run.")
        }
        guard (1...100).contains(times) else {
            throw ValidationError("--repeat \(times): write a number from 1 to 100.")
        }
    }

    func check() throws { _ = try FaultGates(failIf) }

    func run() async throws {
        let gates = try FaultGates(failIf)
        let places = try Places()
        let session = RunSession(
            places: places, output: output ?? places.output, files: files, quick: quick, times: times,
            keepsPrometheus: keepPrometheus, formats: format,
            // Before the run, which `latest` means from its start on.
            earlier: try summary.earlier(in: output ?? places.output), resumes: resume,
            stackOptions: stackOptions, from: try AgentOptions.addresses(from))
        if dryRun { return Terminal.answer(Plan(try session.definitions(), quick: quick, times: times).text) }
        let display = ProgressDisplay(style: .current)
        let timeline = Timeline(readers: [display.show])
        let page = try web ? LivePage(places, webOptions, timeline) : nil
        let ending = try await LivePage.beside(page) {
            try await session.run(timeline: timeline) { measure in
                defer { display.end() }
                return try await Interruption.cancelling {
                    guard let page else { return try await measure() }
                    return try await page.stoppable(measure)
                }
            }
        }
        try tellOfPrometheus(in: ending.folder)
        try tellOfFaults(ending, places)
        try conclude(ending, gates)
    }

    /// What each fault cost, as the report says it first.
    private func tellOfFaults(_ ending: RunSession.Ending, _ places: Places) throws {
        guard ending.manifest.experiments.contains(where: { $0.faults?.isEmpty == false }) else { return }
        let run = StudiedRun(try ending.folder.readRun())
        for line in try renderBills(run, language: .english, templates: places.reportTemplates()) {
            Terminal.tell("storelab: \(line)")
        }
    }

    /// Says how to look at what was kept.
    private func tellOfPrometheus(in folder: RunFolder) throws {
        guard let first = try folder.keptPrometheus().first else { return }
        Terminal.tell(
            """
            storelab: the Prometheus data are kept. To look at them, select the time of the run (README.md, "Look further"):
              prometheus --config.file=/dev/null --storage.tsdb.retention.time=100y --storage.tsdb.path=\(Places.shown(first))
            """)
    }

    private func conclude(_ ending: RunSession.Ending, _ gates: FaultGates) throws {
        if case .success(let files) = ending.reports {
            Terminal.answer(files.map(Places.shown).joined(separator: "\n"))
        }
        let all = try ending.outcomes.get()
        _ = try ending.reports.get()
        if ending.isInterrupted {
            let files = Redaction().manifest(ending.manifest).hidesSecrets == true ? " FILE…" : ""
            Terminal.tell("storelab: interrupted; continue with: ./storelab run --resume\(files)")
            throw ExitStatus.interrupted
        }
        let verdicts = try gates.criteria.isEmpty ? [] : gates.verdicts(on: ending.folder.readRun())
        for verdict in verdicts { Terminal.tell("storelab: criterion \(verdict.criterion.text): \(verdict.words)") }
        guard all.allSatisfy({ $0 == .measured }) else { throw ExitStatus.notMeasured }
        guard verdicts.allSatisfy({ $0.isMeasured && !$0.isMet }) else { throw ExitStatus.criterionMet }
    }
}
