import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// The summary of a job, as GitHub shows it.
@Suite(.timed) struct SummaryTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private func summary(
        _ run: RecordedRun, against earlier: RecordedRun? = nil, _ language: Language = .english,
        mostBytes: Int = JobSummary.mostBytes
    ) throws -> String {
        try JobSummary.render(
            StudiedRun(run), against: earlier, language: language, templates: templates, mostBytes: mostBytes)
    }

    @Test(arguments: Language.allCases) func itHasTheAnswersTheLimitsAndTheCaveats(language: Language) throws {
        let isFrench = language == .french
        let text = try summary(Fabricated.lab(), language)
        #expect(!text.contains("{{") && !text.contains("<!--"))
        #expect(text.contains(isFrench ? "| 2. L'expérience mysql-limit | " : "| 2. The experiment mysql-limit | "))
        #expect(text.contains("116") && text.contains("150"))
        let limits = text.components(separatedBy: isFrench ? "### Limites" : "### Limits").last ?? ""
        let rows = limits.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count == 3 && rows.allSatisfy { $0.contains(" ms") || $0.contains("\u{A0}ms") })
        #expect(text.contains(isFrench ? "### Validité des résultats" : "### Validity of the results"))
        #expect(text.contains(isFrench ? "`rapport.html`" : "`report.html`"))
        #expect(!text.contains(isFrench ? "Par rapport à `" : "### Against"))
        #expect(text.utf8.count < 20_000)
    }

    @Test(arguments: Language.allCases) func whatChangedAgainstAnEarlierRunIsShown(language: Language) throws {
        let isFrench = language == .french
        var earlier = Fabricated.lab(capacities: [120, 120, 160])
        earlier.manifest.id = "before"
        earlier.manifest.version = "0.0.9"
        let text = try summary(Fabricated.lab(capacities: [40, 120, 160]), against: earlier, language)
        let part = text.components(separatedBy: isFrench ? "### Par rapport à `before`" : "### Against `before`").last
        let rows = (part ?? "").split(separator: "\n").filter { $0.hasPrefix("| `") }
        let limit = isFrench ? "utilisateurs à la limite" : "users at the limit"
        #expect(rows.count { $0.contains(limit) } == 3)
        let changed = rows.first { $0.contains("`mysql-limit`") && $0.contains(limit) }
        #expect(changed?.contains(isFrench ? "**moins bien**" : "**worse**") == true)
        let same = rows.first { $0.contains("`redis-limit`") && $0.contains(limit) }
        #expect(same?.contains(isFrench ? "aucune différence démontrée" : "no difference shown") == true)
        #expect(part?.contains("`version`") == true && part?.contains("`0.0.9`") == true)
    }

    @Test func markupInNamesIsShownAsItIs() throws {
        var run = Fabricated.lab()
        run.experiments[1].experiment.title = LocalizedText(
            english: "a|b <img src=x> [link](http://x) `c` **d**", french: "e")
        run.experiments[1].experiment.name = "x|`y"
        run.manifest.commit = "<script>|"
        let text = try summary(run, against: Fabricated.lab())
        #expect(!text.contains("<img") && text.contains("&lt;img"))
        #expect(text.contains(#"a\|b"#) && text.contains(#"\[link\]"#) && text.contains(#"\*\*d\*\*"#))
        // In code nothing is markup, and a bar would end the cell.
        #expect(text.contains(#"x\|`y"#) && text.contains("`<script>|`"))
        for row in text.split(separator: "\n") where row.hasPrefix("| 2. ") {
            #expect(row.replacing(#"\|"#, with: "").count { $0 == "|" } == 3, "\(row)")
        }
    }

    @Test func itStaysBelowWhatIsShown() throws {
        var run = Fabricated.lab()
        let one = run.experiments[1]
        run.experiments = (0..<64).map { number in
            var copy = one
            copy.experiment.name = "search-\(number)"
            return copy
        }
        run.manifest.experiments = run.experiments.map(\.experiment)
        let whole = try summary(run)
        let short = try summary(run, mostBytes: whole.utf8.count / 2)
        #expect(short.utf8.count < whole.utf8.count / 2 && short.contains("further experiments: see the whole report."))
        #expect(!whole.contains("further experiment") && whole.contains("`search-63`"))
    }

    @Test func anInterruptedAndAQuickRunSaySo() throws {
        var run = Fabricated.lab(quick: true)
        run.experiments[1].measurements[0].measurement.outcome = .interrupted
        let text = try summary(run)
        #expect(text.contains("> **QUICK RUN"))
        #expect(text.contains("The measurement was interrupted before it was complete."))
    }
}
