import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// A search of somebody's application whose database has too few connections, on a machine that is full as well.
@Suite(.timed) struct SignReportTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private static let refused = "sqlalchemy.exc.OperationalError: (1040, 'Too many connections') | \u{1B}[31m`x`"

    /// Twelve users are borne, twenty-five are not; each is tried twice.
    private func run(_ change: (inout RecordedMeasurement) -> Void = { _ in }) -> RecordedRun {
        let experiment = Fabricated.experiment(
            "made", question: nil,
            shape: .findLimit(LimitSearchPlan(from: 12, to: 25, hold: 10, precision: 1)))
        var maker = Fabricated(capacity: 10)
        var recorded = maker.search(
            experiment, steps: [(12, .climb), (25, .climb), (12, .trial), (25, .trial)], hold: 10)
        for index in recorded.measurement.usage.indices {
            let isFull = (13..<26).contains(index) || index >= 39
            recorded.measurement.usage[index].cores = [
                "store-1": 0.1, "mariadb": 0.2, "generator": 0.05, "machine": isFull ? 2 : 0.5,
            ]
        }
        recorded.measurement.signs = SignRecord(
            series: [
                SignSeries(
                    kind: .mysqlTooManyConnections, source: .log, component: "app",
                    counts: [20: 400, 44: 700, 47: 79], example: Self.refused)
            ], answers: [.mysqlTooManyConnections: "{\"error\": \"1040: Too many connections\"}"],
            read: ["app", "mysql"])
        for second in [20, 44, 45] {
            recorded.samples[second].signs = AnswerSigns(looked: 1, counts: [.mysqlTooManyConnections: 1])
        }
        change(&recorded)
        return RecordedRun(
            manifest: Fabricated.manifest([experiment]),
            experiments: [RecordedExperiment(experiment: experiment, folder: "01-made", measurements: [recorded])])
    }

    private func report(_ run: RecordedRun, _ language: Language) throws -> String {
        try renderReport(StudiedRun(run), language: language, templates: templates)
    }

    @Test(arguments: Language.allCases) func whatTheDatabaseSaysComesBeforeTheFullMachine(language: Language) throws {
        let text = try report(run(), language)
        let first =
            language == .english
            ? "**First cause: the database refused connections. `1040 Too many connections` stood in 779 lines of the log "
                + "of `app` at 25 users, and in none on the plateau of 12 users; "
            : "**Première cause\u{A0}: la base de données a refusé des connexions. `1040 Too many connections` se trouvait "
                + "dans 779 lignes du journal de `app` à 25 utilisateurs, et dans aucune sur le palier de 12 utilisateurs\u{A0}; "
        #expect(text.contains(first), "\(text.components(separatedBy: "\n").filter { $0.contains("ause") })")
        let also =
            language == .english
            ? "- Also: the CPU of the whole machine." : "- Aussi\u{A0}: le processeur de la machine entière."
        #expect(text.contains(also))
        // A question's model answer names the same cause.
        let named =
            language == .english
            ? "By the evidence, the first cause is this: the database"
            : "D’après les mesures, la première cause est celle-ci\u{A0}: la base de données"
        #expect(text.contains(named))
        #expect(!text.contains("{{"))
    }

    @Test(arguments: Language.allCases) func eachStepHasItsSigns(language: Language) throws {
        let text = withPlaces(try report(run(), language))
        let english = language == .english
        #expect(
            text.contains(
                english ? "<summary>Signs in logs and answers" : "<summary>Signes dans les journaux et les réponses"))
        #expect(text.contains(english ? "in the logs of `app`, `mysql` and" : "dans les journaux de `app`, `mysql` et"))
        let rows = text.split(separator: "\n").filter { $0.contains("MySQL 1040") && $0.hasPrefix("|") }
        let (log, answers) = english ? ("log of `app`", "failed answers") : ("journal de `app`", "réponses en échec")
        let users = english ? "25 users" : "25 utilisateurs"
        #expect(rows.count == 4)
        #expect(rows.contains { $0.hasPrefix("| \(users) |") && $0.contains("| \(log) | 400 | 20 | 20 | ") })
        #expect(rows.contains { $0.hasPrefix("| \(users) |") && $0.contains("| \(log) | 779 | 44 | 47 | ") })
        #expect(rows.contains { $0.hasPrefix("| \(users) |") && $0.contains("| \(answers) | 2 | 44 | 45 | ") })
        let example = try #require(rows.first)
        #expect(!example.contains("\u{1B}"), "a log may hold anything")
        #expect(
            example.contains("\\|")
                && example.contains("<01-made/record.json signs.series[0]>"))
    }

    @Test(arguments: Language.allCases) func signsOfBothStepsAreNoCause(language: Language) throws {
        let run = run { recorded in
            recorded.measurement.signs?.series[0].seconds = [5, 20, 30, 44]
            recorded.measurement.signs?.series[0].counts = [400, 400, 400, 400]
            for index in recorded.samples.indices { recorded.samples[index].signs = nil }
        }
        let text = try report(run, language)
        #expect(!text.contains("the database refused") && !text.contains("a refusé des connexions"))
        #expect(text.contains(language == .english ? "First cause: the CPU of the whole machine" : "Première cause"))
        #expect(text.split(separator: "\n").count { $0.contains("MySQL 1040") } == 4, "the table has them")
    }

    /// Where nothing is restarted, the users of the next step may meet what the step before has left.
    @Test func whatTheStepBeforeLeftIsNoSignOfThePlateau() throws {
        let run = run { recorded in
            let second = recorded.measurement.steps[2].plateauBegan - 1
            recorded.measurement.signs?.series[0].seconds = [20, second, 44]
            recorded.measurement.signs?.series[0].counts = [400, 400, 400]
        }
        let text = try report(run, .english)
        #expect(text.contains("400 lines of the log of `app` at 25 users, and in none on the plateau of 12 users"))
        #expect(text.split(separator: "\n").contains { $0.hasPrefix("| 12 users | MySQL 1040") }, "the table has it")
    }

    @Test(arguments: Language.allCases) func whereNoneWasFoundThatIsSaid(language: Language) throws {
        let text = try report(
            run { recorded in
                recorded.measurement.signs = SignRecord()
                for index in recorded.samples.indices { recorded.samples[index].signs = nil }
            }, language)
        #expect(
            text.contains(
                language == .english ? "No log was read. None was found." : "Aucun journal n’a été lu. Aucun n’a"))
    }

    @Test(arguments: Language.allCases) func recordsOfVersionsThatDidNotLookSayNothing(language: Language) throws {
        let text = try report(
            run { recorded in
                recorded.measurement.signs = nil
                for index in recorded.samples.indices { recorded.samples[index].signs = nil }
            }, language)
        #expect(!text.contains("Signs in") && !text.contains("Signes dans"))
    }

    /// It was full whenever it refused, and not always.
    @Test(arguments: Language.allCases) func connectionsThatWereFullAtTimesAreGivenAsAMean(language: Language) throws {
        let run = run { recorded in
            let times = (1...recorded.samples.count).map(Double.init)
            recorded.measurement.signals = SignalRecord(
                times: times,
                series: [
                    SignalSeries(
                        kind: .mysqlConnections, component: "mariadb", limit: 20,
                        values: times.map { $0 > 39 ? ($0.truncatingRemainder(dividingBy: 2) == 0 ? 20 : 14) : 1 }),
                    SignalSeries(
                        kind: .mysqlRefused, component: "mariadb", limit: nil,
                        values: times.map { $0 > 39 ? 5 : 0 }),
                ])
        }
        #expect(
            try report(run, language).contains(
                language == .english
                    ? " of 20 were taken on average, and it refused"
                    : " sur 20 étaient prises en moyenne, et il en a refusé"))
    }

    @Test(arguments: Language.allCases) func theWatchedDatabaseAndItsSignSayItTogether(language: Language) throws {
        let run = run { recorded in
            let times = (1...recorded.samples.count).map(Double.init)
            recorded.measurement.signals = SignalRecord(
                times: times,
                series: [
                    SignalSeries(
                        kind: .mysqlConnections, component: "mariadb", limit: 20, values: times.map { $0 > 39 ? 20 : 1 }
                    )
                ])
        }
        let text = try report(run, language)
        let english = language == .english
        #expect(
            text.contains(
                english ? "First cause: the connections of MySQL. 20 of 20" : "les connexions de MySQL. 20 sur 20"))
        #expect(
            text.contains(
                english
                    ? "say so too (MySQL 1040: too many connections): in 779 lines"
                    : "disent aussi (MySQL 1040\u{A0}: trop de connexions)\u{A0}: dans 779 lignes"))
    }

    @Test func theDataHoldThemByStepAndSecond() throws {
        let data = ReportData(StudiedRun(run()))
        try expectForm(of: data)
        let entry = try #require(data.experiments.first?.measurements.first)
        let signs = try #require(entry.signs)
        #expect(signs.map(\.source) == ["log", "answers"] && signs.allSatisfy { $0.kind == "mysql_1040" })
        #expect(signs[0].part == "app" && signs[1].part == nil && signs[0].example?.contains("1040") == true)
        #expect(signs[0].counts.count == signs[0].seconds.count && signs[0].counts.reduce(0, +) > 0)
        let failed = try #require(entry.steps.first { $0.signs != nil })
        let count = try #require(failed.signs?["mysql_1040"])
        // In its row of all tasks.
        let rows = data.csv.components(separatedBy: "\r\n")
        #expect(rows[0].hasSuffix(",signs"))
        #expect(rows.contains { $0.hasSuffix(",mysql_1040=\(count)") && $0.contains(",\(failed.from),\(failed.to),") })
        #expect(!ReportData(Rendered.lab).csv.contains("signs"))
    }

    /// Every sign has its words in both languages.
    @Test(arguments: Language.allCases) func everySignCanBeTheCause(language: Language) throws {
        for sign in SignKind.allCases {
            let source = sign.sources[0]
            let run = run { recorded in
                recorded.measurement.signs?.series = [
                    SignSeries(kind: sign, source: source, component: "app", counts: [44: 779], example: "x")
                ]
                for index in recorded.samples.indices { recorded.samples[index].signs = nil }
            }
            let text = try report(run, language)
            #expect(text.contains("779") && text.contains("`app`") && !text.contains("{{"), "\(sign)")
            let line = try #require(
                text.split(separator: "\n").first {
                    $0.hasPrefix(language == .english ? "- **First cause" : "- **Première")
                })
            #expect(line.contains("`app`"), "\(line)")
        }
    }
}
