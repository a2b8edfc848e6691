import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// A report about somebody's application says only what was measured of it, in its reader's language.
@Suite(.timed) struct ForeignReportTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private func report(_ run: RecordedRun, _ language: Language = .english) throws -> String {
        let text = try renderReport(StudiedRun(run), language: language, templates: templates)
        if let path = ProcessInfo.processInfo.environment["STORELAB_SHOW_REPORT"] {
            let kind = run.experiments[0].measurements[0].measurement.stackKind
            try text.write(toFile: "\(path).\(kind).\(language.rawValue).md", atomically: true, encoding: .utf8)
        }
        return text
    }

    private static let runs: [@Sendable () -> RecordedRun] = [
        { Fabricated.project() }, { Fabricated.running(withPrometheus: true) },
        { Fabricated.running(withPrometheus: false) },
    ]

    @Test(arguments: 0..<3) func nothingOfTheStoreIsSaidOfAnothersApplication(run: Int) throws {
        let text = try report(Self.runs[run]())
        for word in [
            "store-1", "Load test of the store", "of the store", "store’s", "same program on both", "every 2 s",
            "Load generator, store, databases", "MariaDB stood in", "Writes still go to MySQL", "called MySQL",
            "Data set: not measured",
            "They do not agree", "started: 0", "differ from local processes", "outside the experiment", "had died",
        ] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(text.hasPrefix("# Load test: what was measured"))
        #expect(text.contains("Data: the application’s own."))
        let ofStore = try Rendered.lab(.report, .english)
        #expect(
            ofStore.hasPrefix("# Load test of the store") && ofStore.contains("Load generator, store, databases, Nginx")
        )
    }

    @Test func aProjectIsSaidAsItIs() throws {
        let text = try report(Fabricated.project())
        #expect(
            text.contains("Replicas of the service `app`, which are called `app-1`, `app-2` here: 2, behind an Ngi")
        )
        #expect(text.contains("| app | `shop-app:latest`"))
        #expect(text.contains("Load generator and containers shared one machine"))
        #expect(text.contains("Replicas started: 2; reached by Prometheus: 2; in Nginx's upstream: 2. They agree."))
        #expect(text.contains("Of these parts nothing but CPU and memory was measured: db, redis, web."))
        // The user's own Nginx may have a worker for each core, and ours has one.
        #expect(text.contains("| web | CPU cores used | 0.010 | 0.010 | 2 |"))
        #expect(text.contains("| storelab-nginx | CPU cores used | 0.020 | 0.020 | 1 |"))
    }

    @Test func whatRanAlreadyIsSaidAsItIs() throws {
        let text = try report(Fabricated.running(withPrometheus: true))
        #expect(!text.contains("Replicas started"))
        #expect(!text.contains("They agree"))
        #expect(text.contains("The application was reached at an address of this machine."))
        #expect(
            text.contains(
                "Prometheus scraped the application every 5\u{A0}s; rates and percentiles of the queries below"))
        #expect(text.contains("are taken over 20\u{A0}s."))
        #expect(text.contains("rest of the machine (the application where it runs here, kernel, other programs)"))
        let elsewhere = try report(
            {
                var run = Fabricated.running(withPrometheus: false)
                run.experiments[0].experiment.stack.subject = .running(
                    RunningService(url: "https://shop.example", prometheus: nil))
                return run
            }())
        #expect(elsewhere.contains("was reached over a network"))
        #expect(!elsewhere.contains("at an address of this machine"))
    }

    @Test(arguments: 0..<3) func whatHasNoMetricIsNotZero(run: Int) throws {
        let text = try report(Self.runs[run]())
        #expect(!text.contains("zero throughout"))
        #expect(!text.contains("5xx answers |"), "there is no table of shares")
        #expect(text.contains("not measured"))
    }

    @Test func countersSurviveRestartsAndUseTheValueBefore() throws {
        let project = try report(Fabricated.project())
        let orders = firstLine(project, with: "| `orders_total` |")
        #expect(orders.contains("| none"), "\(orders)")
        #expect(!orders.contains("| -"))
        #expect(project.contains("Restarts at 0 of a counter"))
        #expect(firstLine(project, with: "| `highest_spenders_total` |").contains("| not measured |"))
        #expect(!project.contains("of StoreLab’s own"))
        let running = try report(Fabricated.running(withPrometheus: true))
        #expect(firstLine(running, with: "| `orders_total` |").contains("| none | ["))
        #expect(running.contains("over all that this Prometheus scrapes"))
    }

    /// StoreLab asks the path of a report whether the service is ready, and the application counts that too.
    @Test func whatStoreLabItselfAskedIsNamedBesideTheCounters() throws {
        var run = Fabricated.project {
            $0.restorations = Restorations(count: 4, seconds: 9, readinessRequests: 8)
        }
        run.experiments[0].experiment.stack.subject = .project(
            OwnProject(
                file: "/home/a/shop/docker-compose.yml", service: "app", port: 5000,
                readyPath: "/orders/reports/highest-spenders"))
        let text = try report(run)
        #expect(firstLine(text, with: "| `highest_spenders_total` |").contains("(+ up to 8 of StoreLab’s own)"))
        #expect(!firstLine(text, with: "| `orders_total` |").contains("of StoreLab’s own"))
        #expect(text.contains("StoreLab’s own are those with which it asked"))
        #expect(try report(run, .french).contains("(+ au plus 8 de StoreLab lui-même)"))
    }

    @Test func countersWithoutAValueAreListedOnce() throws {
        let text = try report(
            Fabricated.running(withPrometheus: true) { measurement in
                measurement.prometheus.removeAll { $0.name == "up_before" }
                for index in measurement.prometheus.indices
                where measurement.prometheus[index].name.hasSuffix("_values") {
                    for place in measurement.prometheus[index].series.indices {
                        measurement.prometheus[index].series[place].points.removeFirst(3)
                    }
                }
            })
        #expect(text.contains("Not measured by Prometheus: `orders_total`"))
        #expect(!text.contains("Prometheus not measured"))
    }

    @Test func aServiceWithoutMetricsDoesNotDisagree() throws {
        let text = try report(
            Fabricated.project { measurement in
                for index in measurement.prometheus.indices {
                    if measurement.prometheus[index].name == "targets_up" {
                        for place in measurement.prometheus[index].series.indices {
                            measurement.prometheus[index].series[place].points[0].value = 0
                        }
                    } else {
                        measurement.prometheus[index].series = []
                    }
                }
            })
        #expect(text.contains("reached by Prometheus: none, as it could read no metrics page of the service"))
        #expect(text.contains("in Nginx's upstream: 2. They agree."))
        #expect(text.contains("Not measured, because Prometheus has no such metrics of this application: Requests per"))
        #expect(!text.contains("Prometheus scraped the application every"))
    }

    @Test func oneThreadAtItsLimitIsACandidate() throws {
        let english = try report(Fabricated.project())
        #expect(
            english.contains("**A candidate for the cause: the CPU of app-1. It used 0.970 cores, one core’s worth"))
        #expect(!english.contains("No observed part was at its capacity"))
        #expect(try report(Fabricated.project(), .french).contains("le processeur de app-1. Il a utilisé 0,970"))
        let below = try report(Fabricated.project(app: 0.74))
        #expect(
            below.contains("Nearest to its capacity was app-1 (CPU cores used): 0.740 of 2, which is 37.0%. If it "))
        #expect(below.contains("it can use one core, and this is 74.0% of it."))
        #expect(!below.contains("none refused work"), "nobody asked")
        // The store computes in many threads.
        #expect(try !Rendered.lab(.report, .english).contains("one core’s worth"))
    }

    /// Sentences of the English report, between their placeholders.
    private func englishPieces() throws -> [String] {
        let files = try repositoryTemplateFiles()
        func texts(_ name: String) -> [Substring] {
            (files[name] ?? "").split(separator: "\n").filter { !$0.hasPrefix("#") }
                .compactMap { line in line.firstRange(of: " = ").map { line[$0.upperBound...] } }
        }
        let french = texts("words.fr.txt").joined(separator: "\n")
        let pieces: [Substring] = texts("words.en.txt").flatMap { text -> [Substring] in
            text.split(separator: "{{").flatMap { $0.split(separator: "}}").suffix(1) }
        }
        return pieces.map(String.init).filter { $0.count >= 12 && $0.contains(" ") && !french.contains($0) }
    }

    @Test(arguments: 0..<3) func theFrenchReportHasNoEnglishSentence(run: Int) throws {
        let text = try report(Self.runs[run](), .french)
        for piece in try englishPieces() { #expect(!text.contains(piece), "\(piece)") }
        for note in Fabricated.projectNotes + Fabricated.runningNotes { #expect(!text.contains(note), "\(note)") }
        // What is quoted stays as it was.
        var (isQuoted, own) = (false, "")
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") { isQuoted.toggle() } else if !isQuoted { own += line + "\n" }
        }
        for word in [" the ", " was ", " which ", " not measured"] { #expect(!own.contains(word), "\(word)") }
    }

    @Test func whatIsRecordedInEnglishIsSaidInFrench() throws {
        let recorded = try RecordedEnglish.all()
        #expect(recorded.count > 60)
        let run = Fabricated.running(withPrometheus: false) { $0.notes = recorded }
        let lines = Set(try report(run, .french).split(separator: "\n").map(String.init))
        for text in recorded {
            let line = "- " + text.replacing("\n", with: " ")
            #expect(!lines.contains(line), "has no French words: \(text)")
        }
    }

    @Test func aReasonIsTranslatedWithItsNextStep() throws {
        let run = Fabricated.project { measurement in
            measurement.outcome = .failed(
                phase: .stackUp,
                reason:
                    "the container app-1 exited with code 3; its last log lines:\n  | boom\n  Correct compose_file in the experiment."
            )
        }
        let text = try report(run, .french)
        #expect(text.contains("le conteneur app-1 s’est terminé avec le code 3"))
        #expect(text.contains("boom"))
        #expect(text.contains("Corrigez compose\\_file dans l’expérience."))
    }
}
