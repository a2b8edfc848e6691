import ArgumentParser
import Foundation
import Model
import Orchestrator
import Threads

/// `storelab load`: the load generator alone, on anything that speaks HTTP.
struct Load: AsyncParsableCommand, CheckedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load test a URL, or find the number of users at which it stops answering correctly.",
        discussion: """
            Each user sends a request, waits for the answer, thinks, and repeats. With --rate, requests arrive at a rate
            instead, whether or not earlier ones have been answered. The result is a table on standard output, or JSON with
            --json. It covers the plateau, after all users have started; --csv files cover the whole load, as Locust's do.

              storelab load http://127.0.0.1:8080/ --users 100 --think-time 1s..3s --duration 30s
              storelab load http://127.0.0.1:8080/ --connections 50
              storelab load http://127.0.0.1:8080/orders -n 1000 -c 20 -H 'Content-Type: application/json' -d @order.json
              storelab load https://127.0.0.1:8443/ --http2 --connections 4 --streams 32 --trust any
              storelab load http://127.0.0.1:8080/ --rate 500/s --arrivals poisson --duration 30s
              storelab load http://127.0.0.1:8080 --tasks tasks.yaml --find-limit --limit 'p95 > 300ms for 5s'

            Exit codes: 0 measured; 1 not measured; 2 wrong usage; 4 a criterion of --fail-if was met, or had too few requests to
            be judged; 130 interrupted (what was measured until then is shown).
            """)

    @Argument(
        help: ArgumentHelp(
            "URL to load. Its path is requested, unless --tasks names other paths; user:password@ before the host is sent as Basic authentication."
        ))
    var url: String

    @Option(help: "Number of users. Each has its own connection. Default: 10.")
    var users: Int?

    @Option(
        help: ArgumentHelp(
            "Users that start per second, for example 10/s. Default: all within a second, at most 10000/s."))
    var spawnRate: String?

    @Option(
        name: [.customShort("z"), .long],
        help: ArgumentHelp("Duration of the plateau. Default: 10s.", valueName: "time"))
    var duration: String?

    @Option(
        help: ArgumentHelp("Pause between an answer and the next request, for example 2s or 1s..3s.", valueName: "time")
    )
    var thinkTime = "0s"

    @Option(
        name: [.customShort("c"), .long],
        help:
            "Number of connections that send as fast as possible: users without think time, who start at once; with --streams that many on each."
    )
    var connections: Int?

    @OptionGroup var open: ArrivalOptions

    @OptionGroup var request: RequestOptions

    @OptionGroup var connection: ConnectionOptions

    @Option(
        help:
            "Threads that send requests. More threads start only if the users need more file descriptors than these can have."
    )
    var threads = 1

    @Option(help: ArgumentHelp("YAML file with tasks, in the format of an experiment.", valueName: "file"))
    var tasks: String?

    @Option(
        help: ArgumentHelp(
            "Request timeout: a request without a complete answer after this time has failed.", valueName: "time"))
    var timeout = "5s"

    @Option(
        help: ArgumentHelp("Random seed: a number, or `random` to draw one and print it.", valueName: "seed")
    )
    var seed = "42"

    @Flag(help: "Search for the limit: the number of users up to which no criterion is met.")
    var findLimit = false

    @Option(
        name: .customLong("from"), parsing: .singleValue,
        help: ArgumentHelp(
            """
            Agents that generate the load, separated by commas: `local`, `ssh://[user@]host[:port]`, the name of a Docker context, or `node://NAME`. Repeatable. A number is \
            that of users in the first step of --find-limit (default 50).
            """, valueName: "agents"))
    var from: [String] = []

    @Option(
        help: ArgumentHelp(
            "When an agent is lost: `repeat` its step with the others (default), or `stop`.", valueName: "what"))
    var onLoss: String?

    @OptionGroup var search: SearchOptions

    @Option(
        help: ArgumentHelp(
            "Criterion that gives exit code 4 when it is met on the plateau, for example 'p95 > 500ms'. Repeatable."))
    var failIf: [String] = []

    @Flag(help: "Print the result as JSON (described by templates/load.schema.json).")
    var json = false

    @Option(help: "Form of the result: `text`, or `json` as with --json.")
    var outputFormat = OutputFormat.text

    @Option(
        help: ArgumentHelp("Write PREFIX_stats.csv and further files in the format of Locust.", valueName: "prefix"))
    var csv: String?

    @Option(
        help: ArgumentHelp(
            "For https: PEM file with the certificates to trust, for example that of the server; or `any` to check none.",
            valueName: "file"))
    var trust: String?

    @Flag(
        name: [.customLong("cookies"), .customLong("cookie-jar")],
        help:
            "Let each user keep cookies. Without it, users do so where their tasks have an order, or follow redirects.")
    var cookies = false

    @Flag(
        help:
            "Take an answer with a status of success for good even where its JSON object has something under `error` or `errors`."
    )
    var allowErrorKeys = false

    @Flag(help: "Allow a host other than this machine. Only load what belongs to you.")
    var allowRemote = false

    func check() throws { _ = try LoadSetup(self) }

    func run() async throws {
        let setup = try LoadSetup(self)
        let files = csv.map { LocustFiles(prefix: $0, load: setup.load) }
        try files?.probe()
        OpenFiles.raiseLimit()
        let display = LoadDisplay(setup, style: .current)
        defer { display.end() }
        let result = try await Interruption.cancelling(telling: "stopping; the results so far follow …") {
            try await PlainLoad(
                load: setup.load, criteria: setup.criteria, endpoint: setup.endpoint,
                makeSource: AgentOptions.maker(threads: setup.threads)
            ).run(timeline: Timeline(readers: [display.show]))
        }
        display.end()
        let summary = LoadSummary(result, setup)
        try files?.write(result)
        Terminal.answer(json || outputFormat == .json ? try summary.json : summary.text)
        if result.interrupted { throw ExitStatus.interrupted }
        guard summary.passesGates else { throw ExitStatus.criterionMet }
        guard summary.isMeasured else { throw ExitStatus.notMeasured }
    }
}

/// How a result is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// Requests that arrive at a rate.
struct ArrivalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Requests that arrive per second, for example 500/s, instead of users.",
            valueName: "rate"))
    var rate: String?

    @Option(
        help: ArgumentHelp(
            "With --rate: `constant` for even intervals (default), or `poisson` for random ones.", valueName: "law"))
    var arrivals: String?

    @Option(
        help: ArgumentHelp(
            "With --rate: time over which the rate rises linearly. Default: none.", valueName: "time"))
    var ramp: String?

    var isGiven: Bool { rate != nil || arrivals != nil || ramp != nil }
}

/// How a limit is searched.
struct SearchOptions: ParsableArguments {
    @Option(help: "With --find-limit: largest number of users to try.")
    var to = 50_000

    @Option(
        help: ArgumentHelp("With --find-limit: duration of the plateaus that the answer rests on.", valueName: "time"))
    var hold = "10s"

    @Option(help: "With --find-limit: width of the answer as a share of its lower bound.")
    var precision = "10%"

    @Option(
        help: ArgumentHelp(
            "With --find-limit: criterion that ends a step of the search when it is met. Repeatable. Default: 'error_rate > 1% for 5s' and 'p95 > 500ms for 5s'.",
            valueName: "criterion"))
    var limit: [String] = []
}
