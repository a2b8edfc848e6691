import Agents
import Analysis
import Foundation
import Model
package import Orchestrator

/// The result of `load`: what the plateau or the search showed, and its verdict.
package struct LoadSummary {
    /// A criterion of `--fail-if`.
    struct JudgedCriterion {
        let result: CriterionResult

        var met: Bool { result.breach != nil }
        /// Whether there were requests enough to say that it was met or not.
        var isMeasured: Bool { !result.isUndecided }

        var words: String {
            switch result.outcome {
            case .held: "not met"
            case .met(let breach): "met, \(breach.shown)"
            case .undecided(let needed, let had):
                "not measured: it takes \(needed) requests on the plateau to say that it holds, and there were \(had)"
            }
        }
    }

    let setup: LoadSetup
    let result: PlainLoad.Result
    let steps: [JudgedStep]
    /// Of a search.
    let answer: LimitAnswer?
    /// The step that the table shows: the plateau, or the most users that passed.
    let shown: JudgedStep?
    let criteria: [JudgedCriterion]
    let faultVerdicts: [FaultVerdict]
    /// Of each step, its groups of tasks.
    let groups: [[RequestSummary]]

    package init(_ result: PlainLoad.Result, _ setup: LoadSetup) {
        self.setup = setup
        self.result = result
        let recorded = RecordedMeasurement(measurement: result.measurement, samples: result.samples)
        steps = recorded.judgedSteps(load: setup.load, criteria: setup.criteria)
        if case .findLimit(let plan) = setup.load.shape {
            answer = LimitAnswer(steps: steps, plan: plan, generator: result.measurement.generator)
        } else {
            answer = nil
        }
        shown = answer.map { $0.passing ?? $0.failing } ?? steps.last
        groups = steps.map { RequestSummary.groups(of: setup.load.tasks, samples: recorded.plateau(of: $0.step)) }
        let plateau = shown.map { recorded.plateau(of: $0.step) } ?? []
        let names = setup.load.tasks.map(\.name)
        criteria = judge(setup.failIf, on: plateau, taskNames: names).map(JudgedCriterion.init)
        faultVerdicts = setup.faultGates.map { FaultVerdict($0, over: []) }
    }

    /// Whether a request completed on a plateau.
    package var isMeasured: Bool { shown?.summary.map { $0.all.ended > 0 } ?? false }

    /// Whether all criteria of `--fail-if` were measured and none was met.
    package var passesGates: Bool {
        criteria.allSatisfy { $0.isMeasured && !$0.met } && faultVerdicts.allSatisfy { $0.isMeasured && !$0.isMet }
    }

    package var text: String {
        var parts: [String] = []
        if let answer { parts.append(searchTable + "\n\n" + answer.words) }
        if let shown, let summary = shown.summary {
            let seconds = "\(summary.seconds) s"
            let head =
                result.measurement.generator?.lastEnded.map {
                    "\(summary.all.ended) requests of \(Text.level(shown.step.level)) in \(Text.exactSeconds($0)):\n"
                } ?? "Plateau of \(seconds) at \(Text.level(shown.step.level)):\n"
            parts.append(head + table(summary))
            if let others = Self.others(summary) { parts.append(others) }
            let failures = summary.all.failures.prefix(10).map { "  \($0.count) × \($0.kind.rawValue)" }
            if !failures.isEmpty { parts.append("Failures:\n" + failures.joined(separator: "\n")) }
            if let example = result.measurement.failures.first { parts.append("For example: \(example.detail)") }
            if let validity = shown.validity {
                let least = validity.verdict == .generatorLimited && answer == nil ? "\n" + Self.atLeast(summary) : ""
                parts.append(validity.words + least)
            }
        } else {
            parts.append("Nothing was measured: no plateau began.")
        }
        if let agents = result.measurement.generator?.agents {
            parts.append("Load from \(agents.count) agent\(agents.count == 1 ? "" : "s"):\n" + Self.lines(agents))
        }
        parts += connectionWords
        if setup.load.seedIsDrawn {
            parts.append("Seed \(setup.load.seed): --seed \(setup.load.seed) gives the same load.")
        }
        for judged in criteria {
            parts.append("Criterion \(judged.result.criterion.text): \(judged.words)")
        }
        parts += faultVerdicts.map { "Criterion \($0.criterion.text): \($0.words)" }
        return parts.joined(separator: "\n\n")
    }

    /// Requests of the whole load that were sent again on a fresh connection; nil for none.
    var reconnects: Int? {
        let count = result.samples.reduce(0) { $0 + $1.tasks.reduce(0) { $0 + ($1.reconnects ?? 0) } }
        return count > 0 ? count : nil
    }

    private var connectionWords: [String] {
        var words: [String] = []
        if let address = result.measurement.generator?.address {
            words.append("\(setup.endpoint.host) has several addresses; connections went to \(address).")
        }
        if let reconnects {
            words.append(
                "\(reconnects) requests were sent again on a fresh connection, because the server had closed the kept one."
            )
        }
        if let hops { words.append("\(hops) redirects were followed.") }
        if let compressed {
            words.append(
                "\(compressed.answers) answers came compressed: \(compressed.wire) bytes for \(compressed.decoded).")
        }
        return words
    }

    /// Redirects of the whole load that were followed; nil for none.
    var hops: Int? {
        let count = result.samples.reduce(0) { $0 + $1.tasks.reduce(0) { $0 + ($1.hops ?? 0) } }
        return count > 0 ? count : nil
    }

    /// Bodies of the whole load that came compressed; nil for none.
    var compressed: CompressedBodies? {
        result.samples.flatMap(\.tasks).compactMap(\.compressed).reduce(nil) { sum, part in
            sum.map { $0 + part } ?? part
        }
    }

    /// Requests that the table leaves out; nil where there are none.
    private static func others(_ summary: PlateauSummary) -> String? {
        guard summary.before > 0 || summary.open > 0 else { return nil }
        return
            "Not in the table: \(summary.before) requests that were due before the plateau, and \(summary.open) that were "
            + "still open at its end."
    }

    private static func lines(_ agents: [AgentReport]) -> String {
        agents.map { agent in
            let facts = [
                "\(agent.machine.host), \(agent.machine.cores) cores",
                agent.clockBound.isFinite ? "clock within \(Text.milliseconds(agent.clockBound))" : nil,
                agent.peakThreadCPU.map { "busiest thread \(Text.percent($0))" },
                agent.loss.map { "lost: \($0.words)" },
            ]
            return "  \(agent.name): " + facts.compactMap(\.self).joined(separator: "; ")
        }.joined(separator: "\n")
    }

    private static func atLeast(_ summary: PlateauSummary) -> String {
        "The application handles at least \(Text.number(summary.all.rate)) req/s. This load cannot show how many more."
    }

    private func table(_ summary: PlateauSummary) -> String {
        let head = [
            "task", "requests", "failed", "req/s", "mean", "p50", "p90", "p95", "p99", "p99.9", "max", "first byte p50",
            "p95",
        ]
        let shownGroups = zip(steps, groups).first { $0.0.step == shown?.step }?.1 ?? []
        let groupRows = shownGroups.map { group in
            var row = group
            row.task = "group \(group.task ?? "")"
            return row
        }
        let rows = (summary.tasks.count > 1 ? summary.tasks : []) + groupRows + [summary.all]
        return Text.table(
            [head]
                + rows.map { row in
                    let latencies = row.succeeded
                    let times = [
                        latencies.mean, latencies.p50, latencies.p90, latencies.p95, latencies.p99,
                        latencies.p999, latencies.maximum, row.firstByte.p50, row.firstByte.p95,
                    ]
                    return [
                        row.task ?? "all tasks", "\(row.requests)", "\(row.failed.count)", Text.number(rate(of: row)),
                    ] + times.map { $0.map(Text.milliseconds) ?? "–" }
                })
    }

    /// Requests per second; of a load of so many requests until the last of them had ended, not over whole seconds.
    func rate(of row: RequestSummary) -> Double {
        guard let lastEnded = result.measurement.generator?.lastEnded, lastEnded > 0 else { return row.rate }
        return Double(row.ended) / lastEnded
    }

    private var searchTable: String {
        let head = ["users", "step", "outcome", "req/s", "p50", "p95", "errors", "verdict", "criterion met"]
        return Text.table(
            [head]
                + steps.map { step in
                    let all = step.summary?.all
                    return [
                        "\(step.step.users)", step.step.purpose.rawValue, step.outcome.rawValue,
                        all.map { Text.number($0.rate) } ?? "–",
                        all?.succeeded.p50.map(Text.milliseconds) ?? "–",
                        all?.succeeded.p95.map(Text.milliseconds) ?? "–",
                        all?.errorRate.map(Text.percent) ?? "–", step.validity?.verdict.rawValue ?? "–",
                        step.breach.map { "\($0.criterion.text): \($0.shown)" } ?? "–",
                    ]
                })
    }
}

extension CriterionBreach {
    /// The value found, and where.
    var shown: String {
        let value = criterion.metric.isLatency ? Text.milliseconds(self.value) : Text.percent(self.value)
        return
            "\(value), \(task.map { "task \($0)" } ?? "all tasks"), seconds \(seconds.lowerBound) to \(seconds.upperBound)"
    }
}

extension LimitAnswer {
    /// The verdict of a search in words.
    var words: String {
        var sentences: [String] = []
        switch verdict {
        case .interval(let passed, let failed):
            sentences.append(
                generatorLimited
                    ? "Correct at \(passed) users at least. At \(failed) users a criterion was met, but the generator was at "
                        + "its own capacity."
                    : "Correct at \(passed) users, no longer at \(failed)"
                        + (failing?.breach.map { " (\($0.criterion.text): \($0.shown))." } ?? "."))
        case .neverFailed(let users):
            sentences.append("Correct at \(users) users, the most that were tried: no criterion was met.")
        case .failsAtOneUser: sentences.append("A criterion was met with a single user.")
        case .failsFrom(let users):
            sentences.append("A criterion was met at \(users) users; fewer were not tried.")
        case .notMeasured: sentences.append("No step was measured.")
        }
        if let estimate, let passed, let failed {
            let interval = [estimate.lower, estimate.upper].compactMap { $0.map { "\(Int($0.rounded()))" } }
            sentences.append(
                "At \(Int(estimate.users.rounded())) users"
                    + (interval.count == 2 ? " (95 % interval: \(interval[0]) to \(interval[1]))" : "")
                    + " a criterion is met on half of all plateaus. \(passed.users) users passed \(passed.held) of "
                    + "\(passed.measured) times, \(failed.users) users failed \(failed.measured - failed.held) of "
                    + "\(failed.measured) times.")
        }
        if let movement {
            sentences.append(
                "The limit moved by \(Text.percent(movement)) while it was searched, so one number describes it only "
                    + "roughly.")
        }
        if let killedBy {
            sentences.append("After the step with \(killedBy) users it no longer answered: it died.")
        }
        if !contradictions.isEmpty {
            let users = contradictions.map(String.init).joined(separator: ", ")
            sentences.append(
                "Outcomes differed from step to step: a criterion was met at \(users) users, and in another step none was at as "
                    + "many or more.")
        }
        if case .interval = verdict, !confirmed {
            sentences.append("Its bounds were not all measured more than once with the same outcome.")
        }
        return sentences.joined(separator: " ")
    }
}
