import Model
import Reporting
import TestSupport
import Testing

/// Which change helped most: the answer to question 6 of seven, and below the chart of the limits of any run.
@Suite(.timed) struct GainTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private func lines(_ run: RecordedRun, _ language: Language = .english) throws -> [String] {
        try renderReport(StudiedRun(run), language: language, templates: templates).split(separator: "\n")
            .filter { $0.contains("The change that helped most") || $0.contains("Le changement qui a le plus") }
            .map(String.init)
    }

    @Test func theLargestFactorComesFirst() throws {
        let line = try #require(try lines(Fabricated.lab(capacities: [60, 600, 1800])).first)
        #expect(
            line.hasPrefix(
                "- The change that helped most: `redis-limit` over `mysql-limit`; next `replicas-limit` over `redis-limit`. "
            ),
            "\(line)")
        #expect(!line.contains("overlap"), "\(line)")
    }

    @Test(arguments: Language.allCases) func whereIntervalsOverlapThatIsSaid(language: Language) throws {
        let found = try lines(Fabricated.lab(capacities: [60, 180, 580]), language)
        let line = try #require(found.first)
        #expect(line.contains("`replicas-limit`") && found.count == 1)
        #expect(line.contains(language == .english ? "does not show which of them" : "ne montre pas lequel"), "\(line)")
        #expect(!line.contains("{{"))
    }

    @Test func oneChangeIsNoneThatHelpedMost() throws {
        var run = Fabricated.lab(capacities: [60, 180, 580])
        run.experiments.removeAll { $0.experiment.name == "replicas-limit" }
        #expect(try lines(run) == [])
    }

    @Test func whatHelpedNothingIsNotNamed() throws {
        #expect(try lines(Fabricated.lab(capacities: [60, 60, 60])) == [])
    }
}
