import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// What a report says between the steps of an application that is not StoreLab's.
@Suite(.timed) struct OwnApplicationTests {
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    private func report(
        _ subject: StackSubject, _ language: Language, _ change: (inout Model.Measurement) -> Void = { _ in }
    ) throws -> String {
        var experiment = Fabricated.experiment(
            "own", question: nil, shape: .findLimit(LimitSearchPlan(from: 50, to: 500, hold: 10, precision: 0.1)))
        experiment.stack.subject = subject
        var maker = Fabricated(capacity: 60)
        var measured = maker.search(experiment, steps: [(50, .climb), (200, .climb), (110, .trial)], hold: 10)
        change(&measured.measurement)
        return try renderReport(
            StudiedRun(Fabricated.run(experiment, [measured])), language: language, templates: templates)
    }

    private func project(_ restore: DataRestore?) -> StackSubject {
        .project(
            OwnProject(file: "/p/compose.yaml", furtherFiles: ["/p/b.yml"], service: "web", port: 80, restore: restore))
    }

    private static let running = StackSubject.running(RunningService(url: "http://127.0.0.1:80", prometheus: nil))

    @Test func stepsBuildOnEachOtherWhereNothingRestoresTheData() throws {
        for subject in [project(nil), Self.running] {
            #expect(
                try report(subject, .english).contains(
                    "not restored. Each step begins with what the steps before it wrote"))
            #expect(try report(subject, .french).contains("non restaurées. Chaque étape commence"))
        }
        #expect(try !report(.store, .english).contains("Data between the steps"))
        // The store's own experiment on an application that runs already.
        let elsewhere = try report(.store, .english) { $0.stackKind = "url" }
        #expect(elsewhere.contains("not restored. Each step begins"))
    }

    @Test func whatRestoresTheDataIsNamedWithItsTime() throws {
        let text = try report(project(.command(service: "db", command: "sh /reset.sh")), .english) {
            $0.restorations = Restorations(count: 2, seconds: 25)
        }
        #expect(text.contains("the command `sh /reset.sh` in `db` brings them back"))
        #expect(
            text.contains("`web` was started anew 2 times; with the restored data this took 12.5\u{A0}s on average"))
        #expect(text.contains("`compose.yaml`, `b.yml`"))
        #expect(try report(project(.volumes), .french).contains("les volumes du projet sont recopiés"))
    }

    @Test func aStepThatBeganWithoutRecoveryIsNamed() throws {
        let late = { (measurement: inout Model.Measurement) in
            measurement.steps[1].unrecovered = Unrecovered(
                waited: 30.2, task: "order", failure: nil, latency: 1.25, latencyBefore: 0.02)
        }
        let english = try report(Self.running, .english, late)
        #expect(
            english.contains(
                "The step with 200 users began although the application had not recovered: 30\u{A0}s after"))
        #expect(
            english.contains("still took 1250\u{A0}ms, and 20\u{A0}ms before the load")
                || english.contains("1,250\u{A0}ms"))
        #expect(try report(Self.running, .french, late).contains("L’étape à 200 utilisateurs a commencé alors que"))
        let failing = try report(Self.running, .english) {
            $0.steps[2].unrecovered = Unrecovered(
                waited: 30, task: "order", failure: .status(500), latency: 0.1, latencyBefore: 0.02)
        }
        #expect(failing.contains("The step with 110 users began although") && failing.contains("still failed ("))
        #expect(try !report(Self.running, .english).contains("had not recovered"))
    }

    @Test(arguments: Language.allCases) func theTargetIsNotCalledForeign(language: Language) throws {
        let text = try report(Self.running, language) { measurement in
            measurement.stackKind = "url"
            measurement.components = []
            measurement.usage = measurement.usage.map {
                UsageSample(time: $0.time, cores: ["generator": 0.1, "machine": 3.9], memory: [:])
            }
        }
        let (foreign, open) =
            language == .english
            ? ("Programs outside the experiment", "the target among them if it runs on this machine")
            : ("étrangers à l’expérience", "la cible comprise si elle s’exécute sur cette machine")
        #expect(text.contains(open) && !text.contains(foreign))
    }
}
