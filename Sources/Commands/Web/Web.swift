import ArgumentParser
import Model
import Orchestrator
import Reporting
import Results
import Web

/// `storelab web`: the laboratory in the browser.
struct Web: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the laboratory in the browser: experiments, runs as they go on, results.",
        discussion: """
            The pages can be reached from this machine only, unless --address says otherwise. What is started there runs in
            this program, as `storelab run` does it. Ctrl-C ends both; what was measured is kept.
            """)

    @OptionGroup var options: WebOptions

    @Option(help: ArgumentHelp("Folder for the results.", valueName: "folder"))
    var output: String?

    func run() async throws {
        let places = try Places()
        let (output, gate) = (self.output ?? places.output, options.gate())
        let templates = try places.webTemplates()
        let settings = WebSettings(
            gate: gate, templates: templates, experiments: ExperimentShelf(path: places.experiments),
            runs: RunShelf(path: output), desk: RunDesk(board: LiveBoard(templates: templates)),
            actions: .commands(places, output: output))
        let server = WebServer(settings, host: options.address, port: options.port)
        try await Interruption.cancelling(telling: "stopping; what runs is taken down and what was measured is kept …")
        {
            try await server.run { _ in options.tell(gate) }
        }
    }
}

extension WebActions {
    /// What the commands do.
    static func commands(_ places: Places, output: String) -> WebActions {
        @Sendable func session(_ wish: RunWish) throws -> RunSession {
            let hosts = wish.allowedHosts.flatMap { ["--allow-host", $0] }
            return RunSession(
                places: places, output: output, files: wish.files, quick: wish.isQuick, times: wish.repeats,
                formats: ReportFormat.standard + [.json],
                stackOptions: try StackOptions.parse(["--stack", wish.stack] + hosts))
        }
        return WebActions(
            checkRun: { wish in
                do {
                    _ = try session(wish).definitions()
                } catch let error where !(error is Problem) {
                    throw Problem(.usage, StoreLab.explain(error).message ?? "\(error)")
                }
            },
            run: { wish, timeline in
                let ending = try await session(wish).run(timeline: timeline) { try await $0() }
                Terminal.tell("storelab: \(Places.shown(ending.folder.path)) is written")
            },
            checkLoad: { _ = try setup(of: $0) },
            load: { wish, timeline, steering in
                let setup = try setup(of: wish)
                try timeline.tell(.planned(RunPlan(setup)))
                let result = try await PlainLoad(
                    load: setup.load, criteria: setup.criteria, endpoint: setup.endpoint,
                    makeSource: steering.steering(AgentOptions.maker(threads: setup.threads)),
                    wanted: { steering.users }
                ).run(timeline: timeline)
                try timeline.tell(
                    .closed(
                        RunClosing(
                            isInterrupted: result.interrupted, totals: RunSecond.Requests.totals(result.samples))))
            },
            produce: { product, run in
                let format = ReportFormat.allCases.first { product.hasSuffix("." + $0.rawValue) } ?? .html
                _ = try await ReportFiles.write(for: run, [format], templates: places.reportTemplates())
            },
            compare: { a, b, language in
                try renderComparisonPage(
                    of: try b.readRun(), against: try a.readRun(), language: language,
                    templates: places.reportTemplates())
            },
            estimate: { Plan.seconds(of: $0) })
    }

    private static func setup(of wish: LoadWish) throws -> LoadSetup {
        let options = [
            "--users": wish.users, "--spawn-rate": wish.spawnRate, "--think-time": wish.thinkTime,
            "--duration": wish.duration,
        ]
        let given = options.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        do {
            return try LoadSetup(
                arguments: given + (wish.isRemoteAllowed ? ["--allow-remote"] : []) + ["--", wish.url])
        } catch let error where !(error is Problem) {
            throw Problem(.usage, StoreLab.explain(error).message ?? "\(error)")
        }
    }
}

extension RunPlan {
    fileprivate init(_ setup: LoadSetup) {
        let entry = Entry(
            name: PlainLoad.name, title: LocalizedText(english: setup.url, french: setup.url),
            time: RunPlan.Estimate(bringUp: 0, load: 0),
            tasks: setup.load.tasks.map(\.name), criteria: setup.criteria, shape: setup.load.shape)
        self.init(run: nil, folder: nil, isQuick: false, stack: nil, entries: [entry])
    }
}
