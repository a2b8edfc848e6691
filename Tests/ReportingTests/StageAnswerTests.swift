import Model
import Reporting
import TestSupport
import Testing

/// What the answer says of a ramp of several stages.
@Suite(.timed) struct StageAnswerTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    /// - Parameters:
    ///   - stages: users; a hundred are borne, 600 are not.
    ///   - lost: stages at the end without a sample.
    private func answer(_ stages: [Int], lost: Int = 0, _ language: Language = .english) throws -> String {
        let experiment = Fabricated.experiment(
            "made", question: nil, shape: .ramp(stages.map { LoadStage(users: $0, spawnRate: 600, hold: 10) }))
        var maker = Fabricated(capacity: 100)
        var recorded = maker.search(experiment, steps: stages.map { ($0, .stage) }, hold: 10)
        if lost > 0 {
            let end = recorded.measurement.steps[stages.count - lost].plateauBegan
            recorded.samples.removeAll { $0.second >= end }
        }
        let run = RecordedRun(
            manifest: Fabricated.manifest([experiment]),
            experiments: [RecordedExperiment(experiment: experiment, folder: "01-made", measurements: [recorded])])
        let text = try renderReport(StudiedRun(run), language: language, templates: templates)
        let line = text.split(separator: "\n").first { $0.hasPrefix("**At ") || $0.hasPrefix("**À ") }
        return String(try #require(line))
    }

    @Test func theFirstStageThatMetACriterionIsNamedBesideTheLast() throws {
        let ended = try answer([100, 600, 100])
        #expect(ended.contains("At 100 users the median"))
        #expect(ended.contains("No criterion was met there (`error_rate > 1% for 5s`, `p95 > 500ms for 5s`)."))
        #expect(ended.contains("The first stage that met a criterion was that of 600 users: `error_rate > 1% for 5s`"))
        let rising = try answer([600, 700])
        #expect(rising.contains("At 700 users the median") && rising.contains("A criterion was met: `error_rate"))
        #expect(rising.contains("The first stage that met a criterion was that of 600 users"))
        #expect(try answer([600, 700], .french).contains("Le premier palier à atteindre un critère est celui à 600"))
    }

    @Test func otherwiseTheLastStageIsAllThatIsSaid() throws {
        let held = try answer([50, 100])
        #expect(
            held.contains("At 100 users") && held.contains(" No criterion was met (") && !held.contains("The first"))
        let broken = try answer([100, 600])
        #expect(broken.contains(" A criterion was met: `error_rate") && !broken.contains("The first"))
    }

    @Test func aStageWithoutSamplesLeavesTheAnswerToTheOneBefore() throws {
        let answer = try answer([100, 600, 700], lost: 1)
        #expect(answer.contains("At 600 users") && answer.contains("A criterion was met"), "\(answer)")
    }
}
