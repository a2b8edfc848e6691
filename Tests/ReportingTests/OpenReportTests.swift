import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// Reports of open loads: requests arrive at a rate, and there are no users.
@Suite(.timed) struct OpenReportTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    /// - Parameter asUsers: as versions recorded it that had no word for a rate.
    private func run(_ rates: [Double] = [500], id: String = "run-a", asUsers: Bool = false) -> RecordedRun {
        let hold = 10
        let experiment = Fabricated.experiment(
            "open", question: nil,
            shape: .rate(rates.map { RateStage(perSecond: $0, hold: Double(hold)) }, arrivals: .constant))
        var maker = Fabricated(capacity: 2000)
        var measured = maker.ramp(experiment, users: 1000, rate: 1000, hold: hold * rates.count)
        measured.measurement.steps = rates.enumerated().map { index, rate in
            LoadStep(
                users: asUsers ? Int(rate.rounded()) : 0, rate: asUsers ? nil : rate, purpose: .stage,
                rampBegan: Double(index * hold), plateauBegan: index * hold, plateauEnded: (index + 1) * hold,
                passed: true, validity: Validity())
        }
        var run = Fabricated.run(experiment, [measured])
        run.manifest.id = id
        return run
    }

    /// Without what tells of the data set's users.
    private func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.contains("Data set") && !$0.contains("Jeu de données") }
    }

    @Test(arguments: Language.allCases, [false, true])
    func arrivalsPerSecondAreNamedAsSuch(language: Language, asUsers: Bool) throws {
        let isFrench = language == .french
        let studied = StudiedRun(run(asUsers: asUsers))
        let report = try renderReport(studied, language: language, templates: templates)
        for words in isFrench
            ? [
                "**À 500 arrivées/s, la latence", "500 arrivées/s, palier de", "Verdict à 500 arrivées/s",
                "| tâche | arrivées/s |", "| toutes tâches confondues | 500 |", "Arrivées par seconde au fil du temps",
                "Latence des requêtes réussies par percentile, 500 arrivées/s", "500 arrivées/s, d’un coup",
                "| à 500 arrivées/s |",
            ]
            : [
                "**At 500 arrivals/s the median", "500 arrivals/s, plateau of", "Verdict at 500 arrivals/s",
                "| task | arrivals/s |", "| all tasks | 500 |", "Arrivals per second over time",
                "Latency of successes by percentile, 500 arrivals/s", "500 arrivals/s, at once",
                "| at 500 arrivals/s |",
            ]
        { #expect(report.contains(words), "\(words)") }
        let page = try renderPage(studied, language: language, templates: templates)
        for text in [report, page] {
            let users = lines(text).filter { $0.contains(isFrench ? "utilisateur" : "users") }
            #expect(users.isEmpty)
            #expect(!text.contains("{{") && !text.contains("Little"))
        }
    }

    @Test func fractionsOfARateStayWhatTheyAre() throws {
        let french = try renderReport(StudiedRun(run([0.25, 2.5])), language: .french, templates: templates)
        #expect(french.contains("À 2,5 arrivées/s") && french.contains("0,25 arrivées/s, palier de"))
    }

    @Test(arguments: Language.allCases) func comparisonsNameTheRate(language: Language) throws {
        let text = try renderComparison(
            of: run(id: "run-b"), against: run(asUsers: true), language: language, templates: templates)
        #expect(text.contains(language == .french ? "p95, 500 arrivées/s |" : "p95, 500 arrivals/s |"))
        #expect(!text.contains(language == .french ? "500 utilisateurs" : "500 users"))
    }

    @Test func dataHaveARateInsteadOfUsers() throws {
        let data = ReportData(StudiedRun(run([500, 0.5])))
        let steps = try #require(data.experiments[0].measurements.first).steps
        #expect(steps.map(\.users) == [nil, nil] && steps.map(\.arrivalsPerSecond) == [500, 0.5])
        let rows = data.csv.components(separatedBy: "\r\n").map { $0.components(separatedBy: ",") }
        #expect(rows[0].last == "arrivals_per_s" && rows[0][6] == "users")
        #expect(rows[1].last == "500" && rows[1][6].isEmpty && rows[1].count == rows[0].count)
        #expect(data.junit.contains("500 arrivals/s within") && data.junit.contains("0.5 arrivals/s within"))
        let closed = ReportData(Rendered.lab)
        #expect(!closed.csv.contains("arrivals_per_s"))
    }
}
