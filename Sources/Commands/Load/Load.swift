import ArgumentParser
import Foundation
import LoadGenerator
import Model
import Orchestrator
import Threads

/// `storelab load`: the load generator alone, on anything that speaks HTTP.
struct Load: AsyncParsableCommand, CheckedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a load on a URL, or find from how many users it stops answering correctly.",
        discussion: """
            Users wait for an answer, think, and ask again; with --rate requests arrive by themselves instead. The answer is on standard output: a table, or JSON with --json.
            What counts is the plateau, after all users have come; --csv files cover the whole load, as Locust's do.

              storelab load http://127.0.0.1:8080/ --users 100 --think-time 1s..3s --duration 30s
              storelab load http://127.0.0.1:8080/ --connections 50
              storelab load http://127.0.0.1:8080/ --rate 500/s --arrivals poisson --duration 30s
              storelab load http://127.0.0.1:8080 --tasks tasks.yaml --find-limit --limit 'p95 > 300ms for 5s'

            Exit codes: 0 measured; 1 not measured; 2 wrong usage; 4 a --fail-if was met; 130 interrupted, with what was
            measured until then.
            """)

    @Argument(help: ArgumentHelp("The address; its path is what is asked for, unless --tasks names others."))
    var url: String

    @Option(help: "Users; each has a connection of its own.")
    var users: Int?

    @Option(
        help: ArgumentHelp("Users that come per second, for example 10/s; else all within a second, at most 10000/s."))
    var spawnRate: String?

    @Option(help: ArgumentHelp("Length of the plateau.", valueName: "time"))
    var duration = "10s"

    @Option(help: ArgumentHelp("Pause between an answer and the next request: 2s, or 1s..3s.", valueName: "time"))
    var thinkTime = "0s"

    @Option(help: "That many users at once and without think time: as fast as it goes.")
    var connections: Int?

    @OptionGroup var open: ArrivalOptions

    @Option(help: "Threads that send; more only where the users need more descriptors than these may have.")
    var threads = 1

    @Option(help: ArgumentHelp("YAML file of tasks, in the form of an experiment's.", valueName: "file"))
    var tasks: String?

    @Option(help: ArgumentHelp("A request without a whole answer after this time is a failure.", valueName: "time"))
    var timeout = "5s"

    @Option(
        help: ArgumentHelp("Of every random choice: a number, or random for one that is then shown.", valueName: "seed")
    )
    var seed = "42"

    @Flag(help: "Search the number of users from which a limit is broken.")
    var findLimit = false

    @OptionGroup var search: SearchOptions

    @Option(help: ArgumentHelp("End with exit code 4 if this is met on the plateau: 'p95 > 500ms'. Repeatable."))
    var failIf: [String] = []

    @Flag(help: "The answer as JSON (templates/load.schema.json).")
    var json = false

    @Option(
        help: ArgumentHelp("Write PREFIX_stats.csv and others in the layout of Locust's files.", valueName: "prefix"))
    var csv: String?

    @Option(
        help: ArgumentHelp(
            "Of https: a PEM file whose certificates are trusted, for example the server's own, or any to check none.",
            valueName: "file"))
    var trust: String?

    @Flag(help: "Permit a host that is not this machine. Load only what is yours.")
    var allowRemote = false

    func check() throws { _ = try LoadSetup(self) }

    func run() async throws {
        let setup = try LoadSetup(self)
        let files = csv.map { LocustFiles(prefix: $0, load: setup.load) }
        try files?.probe()
        OpenFiles.raiseLimit()
        let display = LoadDisplay(setup, style: .current)
        defer { display.end() }
        let result = try await Interruption.cancelling(telling: "stopping; what was measured is shown …") {
            try await PlainLoad(
                load: setup.load, limits: setup.limits, endpoint: setup.endpoint,
                makeSource: LoadGenerator.maker(LoadOptions(threads: setup.threads))
            ).run { display.show($0) }
        }
        display.end()
        let summary = LoadSummary(result, setup)
        try files?.write(result)
        Terminal.answer(json ? try summary.json : summary.text)
        if result.interrupted { throw ExitStatus.interrupted }
        guard summary.isMeasured else { throw ExitStatus.notMeasured }
        if summary.expectations.contains(where: \.met) { throw ExitStatus.expectationNotMet }
    }
}

/// Requests that arrive at a rate.
struct ArrivalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Instead of users: requests that arrive per second, for example 500/s, whether or not earlier ones are answered.",
            valueName: "rate"))
    var rate: String?

    @Option(
        help: ArgumentHelp(
            "With --rate: constant for even distances (default), or poisson for random ones.", valueName: "law"))
    var arrivals: String?

    @Option(
        help: ArgumentHelp(
            "With --rate: it is reached in a straight line over this time; else at once.", valueName: "time"))
    var ramp: String?

    var isGiven: Bool { rate != nil || arrivals != nil || ramp != nil }
}

/// How a limit is searched.
struct SearchOptions: ParsableArguments {
    @Option(help: "Users of the search's first step.")
    var from = 50

    @Option(help: "Users at which the search gives up.")
    var to = 50_000

    @Option(help: ArgumentHelp("Length of the plateaus that confirm the answer.", valueName: "time"))
    var hold = "10s"

    @Option(help: "Width of the answer as a share of its lower bound.")
    var precision = "10%"

    @Option(help: ArgumentHelp("What must not be, with --find-limit. Repeatable.", valueName: "limit"))
    var limit: [String] = []
}
