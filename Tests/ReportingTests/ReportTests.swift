import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// The files of the repository's own templates.
func repositoryTemplateFiles() throws -> [String: String] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../templates/report")
    var files: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        files[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
    return files
}

/// The same, parsed: once for all tests, since it takes longer than most of them.
func repositoryTemplates() throws -> ReportTemplates { try parsedTemplates.get() }

private let parsedTemplates = Result { try ReportTemplates(files: repositoryTemplateFiles()) }

@Suite(.timed) struct ReportTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private func english(_ run: RecordedRun) throws -> String {
        try renderReport(StudiedRun(run), language: .english, templates: templates)
    }

    private func line(_ text: String, with part: String) -> String { firstLine(text, with: part) }

    private func run(_ experiment: Experiment, _ measurements: [RecordedMeasurement]) -> RecordedRun {
        Fabricated.run(experiment, measurements)
    }

    private var ramp: Experiment { Fabricated.ramp }

    @Test(arguments: Language.allCases) func theLabHasItsSectionsInOrder(language: Language) throws {
        let text = try Rendered.lab(.report, language)
        if let path = ProcessInfo.processInfo.environment["STORELAB_SHOW_REPORT"] {
            try text.write(toFile: "\(path).\(language.rawValue).md", atomically: true, encoding: .utf8)
        }
        let headings = text.split(separator: "\n").filter { $0.hasPrefix("## ") }
        #expect(headings.count == 8)
        for question in 1...5 { #expect(headings[question].hasPrefix("## Question \(question). ")) }
        #expect(headings[6].contains("own"))
        #expect(!text.contains("{{"))
        #expect(!text.contains("\n\n\n"))
        // Every table has its head.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for index in lines.indices.dropFirst() where lines[index].hasPrefix("|") && !lines[index - 1].hasPrefix("|") {
            #expect(lines[index + 1].hasPrefix("|--") || lines[index + 1].hasPrefix("| --"), "\(lines[index])")
        }
    }

    @Test func sectionsStandInTheOrderOfTheQuestionsWhateverTheRunsOrder() throws {
        var run = Fabricated.lab()
        run.experiments.reverse()
        let headings = try english(run).split(separator: "\n").filter { $0.hasPrefix("## ") }
        for question in 1...5 { #expect(headings[question].hasPrefix("## Question \(question). ")) }
        #expect(headings[6].contains("own"))
    }

    @Test func theSameRecordGivesTheSameBytes() throws {
        for language in Language.allCases {
            let again = try renderReport(StudiedRun(Fabricated.lab()), language: language, templates: templates)
            #expect(try again == Rendered.lab(.report, language))
        }
    }

    @Test func fencedLinesFitEightyColumns() throws {
        for language in Language.allCases {
            var inFence = false
            for line in try Rendered.lab(.report, language)
                .split(separator: "\n", omittingEmptySubsequences: false)
            {
                if line.hasPrefix("```") { inFence.toggle() }
                if inFence { #expect(line.count <= 80, "\(line)") }
            }
            #expect(!inFence)
        }
    }

    @Test func bothLanguagesHaveTheSameWords() throws {
        let files = try repositoryTemplateFiles()
        func names(_ language: Language) -> [Substring] {
            (files["words.\(language.rawValue).txt"] ?? "").split(separator: "\n")
                .filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: " ").first }
        }
        let earlier = names(.english).filter { $0.hasSuffix(".before") }
        #expect(names(.english).filter { !earlier.contains($0) } == names(.french))
        for name in earlier { #expect(names(.french).contains(name.dropLast(".before".count)), "\(name)") }
    }

    @Test func aSearchIsAnsweredByItsIntervalAndCriterion() throws {
        let text = try Rendered.lab(.report, .english)
        let answer = line(text, with: "**The application answers correctly at 116 users")
        #expect(answer.contains("and no longer at 150"))
        #expect(answer.contains("`error_rate > 1% for 5s`: 20.1%, all tasks"))
        #expect(text.contains("Interval [passed, failed]: [116, 150]."))
        #expect(text.contains("Compared with `mysql-limit`: **better**, 2.02 times the users (95% interval: "))
        #expect(
            text.contains(
                "A single run shows how much its own seconds differ, but not how much the next run would differ"))
    }

    @Test func thePoliciesAreReadFromTheDeployedFiles() throws {
        var run = Fabricated.lab()
        // What was requested and what was deployed differ: the deployed file counts.
        run.experiments[4].measurements[1].measurement.deployed[0].text = Fabricated.nginx(.ipHash, replicas: 3)
        let answer = line(try english(run), with: "Policy in force, as read")
        #expect(
            answer.contains("configuration: round robin (no directive: Nginx's default): requests go to the replicas"))
        #expect(answer.contains("where `least_conn` was requested, `ip_hash` (shares "))
        #expect(answer.contains("where `random` was requested, `random two`, method `least_conn` (shares "))
        #expect(answer.contains("100% / 0% / 0%"))
        #expect(try english(run).contains("| store-2 | 33.3% (3,000) | 33.3% (3,000) | 0% (0) | 33.3% (3,000) | ["))
    }

    @Test func theRampIsNotInThePlateausFigures() throws {
        var maker = Fabricated()
        var measured = maker.ramp(ramp, users: 20, rate: 10, hold: 10)
        let before = try english(run(ramp, [measured]))
        // Whatever happens on the ramp, the answer stays.
        measured.samples[0].tasks[0].failed = Distribution(ascending: [.init(microseconds: 5_000_000, count: 1000)])
        measured.samples[0].tasks[0].failures = [.timeout: 1000]
        let after = try english(run(ramp, [measured]))
        #expect(line(before, with: "| all tasks |") == line(after, with: "| all tasks |"))
        #expect(after.contains("| no complete answer in time | 0 | 1,000 | ["))
    }

    @Test func whatWasNotMeasuredIsSaidToBeSo() throws {
        let bare = RecordedMeasurement(
            measurement: Measurement(variant: nil, stackKind: "unknown", began: 0), samples: [])
        for language in Language.allCases {
            for shape in [ramp.load.shape, .findLimit(LimitSearchPlan(from: 1, to: 9, hold: 1, precision: 0.1))] {
                let experiment = Fabricated.experiment("x", question: 2, shape: shape)
                let text = try renderReport(
                    StudiedRun(run(experiment, [bare])), language: language, templates: templates)
                #expect(text.contains(language == .french ? "non mesuré" : "not measured"))
                #expect(!text.contains("nan"))
            }
        }
    }

    @Test func aFailedMeasurementSaysWhereAndWhyAndWhatItHadShown() throws {
        var maker = Fabricated()
        var measured = maker.ramp(ramp, users: 20, rate: 10, hold: 10)
        measured.measurement.outcome = .failed(phase: .load, reason: "store-1 ended with signal 9 | see logs")
        let text = try english(run(ramp, [measured]))
        let answer = line(text, with: "The measurement is incomplete")
        #expect(answer.contains("phase “load”: store-1 ended with signal 9 \\| see logs"))
        #expect(text.contains("Until then: At 20 users"))
        measured.measurement.outcome = .interrupted
        #expect(
            try english(run(ramp, [measured])).contains(
                "The measurement was interrupted before it was complete. Until then"))
    }

    @Test func aVariantThatWasNotBegunIsNamed() throws {
        var run = Fabricated.lab()
        run.experiments[4].measurements.removeLast(2)
        run.experiments[4].measurements[1].measurement.outcome = .failed(phase: .stackUp, reason: "port taken")
        let answer = line(try english(run), with: "| [5. ")
        #expect(answer.contains("`random`: not measured, this variant was not started."))
        #expect(
            answer.contains(
                "`least_conn`: The measurement is incomplete. It stopped in the phase “stack start”: port taken"))
        #expect(!answer.contains(".."))
    }

    @Test func aFailedPreflightIsShown() throws {
        var measurement = Measurement(variant: nil, stackKind: "local", began: 0)
        measurement.outcome = .failed(phase: .preflight, reason: "a task failed")
        let failure = FailureExample(
            task: "order", kind: .status(404), time: 0, latency: 0.01, detail: "unknown product", request: "",
            response: "")
        measurement.preflight = [PreflightResult(task: "order", failure: failure, latency: 0.01)]
        let text = try english(run(ramp, [RecordedMeasurement(measurement: measurement, samples: [])]))
        #expect(
            text.contains(
                "Before the load, the first request of `order` failed: HTTP 404, unknown product"))
    }

    @Test func quickRunsAreMarkedAtTheTopAndInEverySection() throws {
        let text = try english(Fabricated.lab(quick: true))
        #expect(text.components(separatedBy: "QUICK RUN").count == 8)
        #expect(try !Rendered.lab(.report, .english).contains("QUICK"))
    }

    @Test func textsOfOthersCannotBreakTheLayout() throws {
        var maker = Fabricated()
        var measured = maker.ramp(ramp, users: 20, rate: 10, hold: 10)
        measured.samples[5].tasks[0].failures = [.check: 1]
        measured.measurement.failures = [
            FailureExample(
                task: "a|b", kind: .check, time: 1, latency: 1, detail: "<script>\n# no heading",
                request: "GET /\u{0}\u{1B}[31m",
                response: "```\n# no heading\n" + String(repeating: "x", count: 100_000))
        ]
        measured.measurement.notes = ["a note\n## no heading"]
        let text = try english(run(ramp, [measured]))
        #expect(!text.contains("<script>"))
        #expect(!text.contains("\u{1B}"))
        #expect(text.contains("````text\n> GET /··[31m"))
        #expect(text.count < 30_000)
        var fence: Substring?
        for line in text.split(separator: "\n") {
            let marks = line.prefix { $0 == "`" }
            if marks.count >= 3 { fence = fence == nil ? marks : (marks == fence ? nil : fence) }
            if fence == nil { #expect(!line.contains("no heading") || !line.hasPrefix("#")) }
        }
    }

    @Test func aBarInAQueryStaysAsItIs() throws {
        var run = Fabricated.lab()
        run.experiments[0].measurements[0].measurement.prometheus[5].query = #"rate(x{route!~"/a|/b"}[5s])"#
        #expect(try english(run).contains(#"Query: `rate(x{route!~"/a|/b"}[5s])`"#))
        for index in 3...4 {
            run.experiments[index].measurements[0].measurement.deployed[0].text = "upstream s { include a|b; }"
        }
        #expect(line(try english(run), with: "| [5. ").contains(#"`include a\|b`"#))
    }

    @Test func aBusyGeneratorMakesTheAnswerAnAtLeast() throws {
        var run = Fabricated.lab()
        run.experiments[1].measurements[0].measurement.generator?.peakThreadCPU = 0.97
        let text = try english(run)
        #expect(line(text, with: "**The application answers correctly at 116").contains("users at least"))
        #expect(text.contains("The load generator was near its own capacity (97.0% of a core)"))
    }

    @Test func comparedWithWhatIsNotThereItSaysSo() throws {
        let missing = Fabricated.experiment("x", question: nil, shape: ramp.load.shape, comparesWith: ["gone"])
        #expect(try english(run(missing, [])).contains("`gone`: not in this run."))
    }

    @Test func anUnenforcedLimitIsMarked() throws {
        var maker = Fabricated()
        var measured = maker.ramp(ramp, users: 20, rate: 10, hold: 10)
        for index in measured.measurement.components.indices {
            measured.measurement.components[index].cpuLimit?.enforced = false
            measured.measurement.components[index].cpuLimit?.how = "no cgroups"
        }
        let text = try english(run(ramp, [measured]))
        #expect(text.contains("0.5 cores, **not enforced** (no cgroups)"))
        #expect(text.contains("A CPU quota was not enforced"))
    }

    /// Version, connections, streams, and compressed answers.
    @Test func itSaysOverWhatTheLoadWent() throws {
        var maker = Fabricated()
        var measured = maker.ramp(ramp, users: 20, rate: 10, hold: 10)
        for index in measured.samples.indices {
            measured.samples[index].generator = GeneratorSecond(
                loops: [], due: 1, sent: 1, waiting: 0, lag: Distribution(), connections: index % 7, opened: 3)
            measured.samples[index].tasks[0].compressed = nil
        }
        let requests = measured.samples.flatMap(\.tasks).reduce(0) { $0 + $1.started }
        let opened = 3 * measured.samples.count
        #expect(
            try english(run(ramp, [measured])).contains(
                "| Connections of the load | HTTP/1.1, kept from one request to the next where the application allows it, "
                    + "\(opened) opened for \(requests) requests; at most 6 open at the end of a second; no answer came compressed "
            ))
        // Earlier versions did not count them.
        for index in measured.samples.indices { measured.samples[index].generator?.opened = nil }
        #expect(
            try english(run(ramp, [measured])).contains(
                "| Connections of the load | HTTP/1.1, kept from one request to the next where the application allows it; at most 6 "
            ))
        var shared = ramp
        shared.load.streams = 32
        measured.samples[0].tasks[0].compressed = CompressedBodies(answers: 12, wire: 1, decoded: 2)
        let french = try renderReport(
            StudiedRun(run(shared, [measured])), language: .french, templates: templates)
        #expect(french.contains("HTTP/2, requêtes à la fois sur chacune"))
        #expect(french.contains("32 au plus") && french.contains("réponses compressées"))
    }

    @Test(arguments: Language.allCases) func aSmallReportIsAsRecorded(language: Language) throws {
        var maker = Fabricated()
        let measured = maker.ramp(ramp, users: 20, rate: 10, hold: 10)
        let text = try renderReport(StudiedRun(run(ramp, [measured])), language: language, templates: templates)
        try expectGolden(text, "small.\(language.rawValue).md")
    }
}
