import Analysis
import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// A search whose load two agents generated, one of which was lost in a trial.
@Suite(.timed) struct AgentReportTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private static let plan = LimitSearchPlan(from: 12, to: 25, hold: 10, precision: 1)
    private static let steps: [(Int, LoadStep.Purpose)] = [(12, .climb), (25, .climb), (12, .trial), (25, .trial)]

    private static func experiment() -> Experiment {
        Fabricated.experiment("made", question: nil, shape: .findLimit(plan))
    }

    /// - Parameter lost: with one more trial, in which an agent was lost.
    private func recorded(lost: Bool) -> RecordedMeasurement {
        var maker = Fabricated(capacity: 10)
        var recorded = maker.search(
            Self.experiment(), steps: Self.steps + (lost ? [(25, .trial)] : []), hold: 10)
        if lost, let last = recorded.measurement.steps.last {
            for second in last.plateau {
                var generator = GeneratorSecond(
                    loops: [], due: 1, sent: 1, waiting: 0, lag: Distribution(), connections: 1)
                if second >= last.plateauEnded - 2 { generator.lost = ["ssh://lab1"] }
                recorded.samples[second].generator = generator
            }
        }
        let machine = AgentMachine(
            host: "lab", architecture: "x86_64", kernel: "6.1.0", cores: 8, openFiles: 262_144, ports: 32_768...60_999)
        recorded.measurement.generator?.agents = [
            AgentReport(
                name: "local", machine: machine, clockOffset: 0, clockBound: 0.0001, cpuSeconds: 3, peakThreadCPU: 0.34),
            AgentReport(
                name: "ssh://lab1", machine: machine, clockOffset: 12.5, clockBound: 0.0005,
                loss: AgentLoss(cause: .silent, second: 63)),
        ]
        return recorded
    }

    private func report(_ language: Language) throws -> String {
        let run = RecordedRun(
            manifest: Fabricated.manifest([Self.experiment()]),
            experiments: [
                RecordedExperiment(
                    experiment: Self.experiment(), folder: "01-made", measurements: [recorded(lost: true)])
            ])
        return try renderReport(StudiedRun(run), language: language, templates: templates)
    }

    @Test func theReportNamesAgentsTheirMachinesAndTheirLoss() throws {
        let english = try report(.english)
        #expect(english.contains("Agent local"))
        #expect(english.contains("lab, 8 cores, x86"))
        #expect(english.contains("28,232 local ports") && english.contains("262,144 open files"))
        #expect(english.contains("its busiest thread worked 34.0% of a second"))
        #expect(english.contains("lost in second 63, of which nothing came in time"))
        let french = try report(.french)
        #expect(french.contains("lab, 8 cœurs, x86"))
        #expect(french.contains("perdu à la seconde 63, dont rien n’est arrivé à temps"))
    }

    /// What a reduced load did says nothing of the limit.
    @Test func aTrialThatLostAnAgentIsNoTrial() throws {
        let judged = recorded(lost: true).judgedSteps(of: Self.experiment())
        let last = try #require(judged.last)
        #expect(last.isReduced && last.trial == nil && !last.passed && last.outcome == .undecided)
        #expect(last.validity?.verdict == .inconclusive)
        #expect(last.validity?.reasons.first == .agentLost("ssh://lab1"))
        let whole = recorded(lost: false).judgedSteps(of: Self.experiment())
        let answers = [judged, whole].map { LimitAnswer(steps: $0, plan: Self.plan, generator: nil) }
        #expect(answers[0] == answers[1])
        #expect(answers[0].estimate != nil || answers[0].verdict != .notMeasured)
    }
}
