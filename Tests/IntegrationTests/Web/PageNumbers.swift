import Analysis
import Foundation
import Model
import Reporting
import Results
import Testing

/// The numbers that the page of a run shows at its end, and those of its report. The page is in English, and the run has one
/// experiment, which searches for a limit.
struct PageNumbers {
    private let page: [String: Any]
    private let recorded: RecordedMeasurement
    private let steps: [JudgedStep]
    private let report: ReportData.Entry
    private let numbers = Numbers(.english)

    /// - Parameter folder: of the run.
    init(on browser: Browser, of folder: String) async throws {
        page = try await #require(browser.evaluate(Self.pageScript) as? [String: Any])
        let run = try RunFolder(path: folder).readRun()
        let experiment = try #require(run.experiments.first)
        recorded = try #require(experiment.measurements.first)
        steps = recorded.judgedSteps(of: experiment.experiment)
        let data = try JSONDecoder().decode(
            ReportData.self, from: Data(contentsOf: URL(filePath: folder + "/report.json")))
        report = try #require(data.experiments.first?.measurements.first)
    }

    private static let pageScript = """
        const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent);
        const rows = (name) => [...document.querySelectorAll(`[data-live=${name}] tbody tr`)]
          .map((row) => [...row.cells].map((cell) => cell.textContent));
        const strips = (name) => texts(`[data-live=chart-${name}] .strip title`);
        return {
          answers: texts("[data-live=answers] .answer"), interval: texts("[data-live=interval] p"),
          figures: texts("[data-live=numbers] dd"), length: texts("[data-live=numbers] h2"),
          validity: texts("[data-live=validity] p"), notes: texts("[data-live=notes] li"), parts: rows("parts"),
          tasks: rows("tasks"), criteria: rows("criteria"), search: rows("search"), seconds: rows("seconds"),
          failures: rows("failures"), users: strips("users"), rate: strips("rate"), latency: strips("latency"),
          cpu: strips("cpu"), ladder: document.querySelector("[data-live=chart-ladder] svg")?.innerHTML ?? ""
        }
        """

    private static let reportScript = """
        const rows = (caption) => {
          const all = [...document.querySelectorAll("details.values table")];
          const table = all.find((one) => one.caption.textContent.startsWith(caption));
          return table ? [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent)) : [];
        };
        return {
          text: [document.querySelector("main").textContent],
          users: rows("Users over time"), rate: rows("Requests and failures per second over time"),
          latency: rows("Latency of successes over time"),
          ladders: [...document.querySelectorAll("svg:has(circle.passed, line.failed)")].map((one) => one.innerHTML)
        }
        """

    private func texts(_ name: String) -> [String] { page[name] as? [String] ?? [] }
    private func rows(_ name: String) -> [[String]] { page[name] as? [[String]] ?? [] }

    /// What stands beside a name in the strip of a chart, without its unit.
    private static func value(_ name: String, in strip: String) -> String? {
        let line = strip.split(separator: "\n").first { $0.hasPrefix(name + ": ") }
        return line?.dropFirst(name.count + 2).split(separator: " ").first.map(String.init)
    }

    /// Compares with the data of the report, and with the record where the report has no such number.
    func compareWithData() {
        compareTotals()
        compareSteps()
        compareSeconds()
        compareFailures()
        compareCPU()
        // What only a second had is no longer there.
        #expect(rows("parts").isEmpty)
        let length = numbers.integer((recorded.samples.last?.second ?? 0) + 1)
        #expect(texts("length").count == 1)
        let shown = texts("length").first?.replacing(/(\d+)\u{A0}min\u{A0}(\d+)\u{A0}s/) {
            "\((Int($0.1) ?? 0) * 60 + (Int($0.2) ?? 0))\u{A0}s"
        }
        #expect(shown == "Whole load, ramps included: \(length)\u{A0}s")
    }

    private func compareTotals() {
        let totals = report.totals ?? []
        #expect(totals.count == recorded.samples.first.map { $0.tasks.count + 1 } && totals[0].count > 0)
        func cells(_ total: ReportData.Total) -> [String] {
            let share = total.count > 0 ? Double(total.failed) / Double(total.count) : 0
            return [numbers.integer(total.count), numbers.integer(total.failed), numbers.percent(share)]
        }
        let expected = totals.map { [$0.task ?? "all tasks"] + cells($0) }
        #expect(Set(rows("tasks")) == Set(expected))
        #expect(texts("figures") == totals.first.map(cells))
    }

    private func compareSteps() {
        #expect(steps.map(\.passed) == report.steps.map(\.passed))
        let expected = zip(steps, report.steps).enumerated().map { index, both -> [String] in
            let (judged, step) = both
            let worst = judged.results.min { (margin($0) ?? .infinity) < (margin($1) ?? .infinity) }
            let purpose = ["climb": "way up", "bisect": "between", "confirm": "confirmation"][step.purpose]
            let isMet = judged.results.contains { $0.breach != nil }
            return [
                "\(index + 1)", numbers.integer(step.users ?? 0) + " users", purpose ?? step.purpose,
                step.passed ? "passed" : isMet ? "failed" : "too few requests", worst?.criterion.text ?? "–",
                text(worst.flatMap(margin)), Self.validities[step.validity ?? ""] ?? "–",
            ]
        }
        #expect(rows("search").reversed() == expected)
        let criteria = (steps.last?.results ?? []).map { result -> [String] in
            let isLatency = result.criterion.metric.isLatency
            let value = (result.worst?.value).map { isLatency ? numbers.latency($0) : numbers.percent($0) } ?? "–"
            let outcome = result.breach != nil ? "met" : result.isUndecided ? "too few requests" : "not met"
            return [
                result.criterion.text, value + (result.worst?.task.map { " (\($0))" } ?? ""), text(margin(result)),
                outcome,
            ]
        }
        #expect(rows("criteria") == criteria && !criteria.isEmpty)
        if let validity = report.steps.last?.validity.flatMap({ Self.validities[$0] }) {
            #expect(texts("validity").map { $0.trimmingCharacters(in: .whitespaces) } == ["Last step: \(validity)."])
        }
        #expect(texts("interval") == [interval].compactMap(\.self))
        let restored = steps.count - 1
        let times = "\(restored) time\(restored == 1 ? "" : "s")"
        #expect(restored == 0 || texts("notes").contains("The data were restored between steps, \(times)."))
    }

    private static let validities = [
        "VALID": "valid", "GENERATOR-LIMITED": "generator-limited", "INCONCLUSIVE": "inconclusive",
    ]

    private func margin(_ result: CriterionResult) -> Double? {
        guard let value = result.worst?.value, result.criterion.threshold > 0 else { return nil }
        return 1 - value / result.criterion.threshold
    }

    private func text(_ margin: Double?) -> String {
        guard let margin else { return "–" }
        return margin < -1 ? "\(numbers.short(1 - margin)) × the threshold" : numbers.difference(percent: margin)
    }

    private var interval: String? {
        guard let answer = report.answer else { return nil }
        var parts: [String] = []
        switch (answer.passed.map(numbers.integer), answer.failed.map(numbers.integer)) {
        case (let passed?, let failed?):
            parts.append("The limit lies between \(passed) users (passed) and \(failed) users (failed).")
        case (let passed?, nil): parts.append("The limit is at least \(passed) users.")
        case (nil, let failed?): parts.append("The limit is below \(failed) users.")
        case (nil, nil): return nil
        }
        if let estimate = answer.estimate {
            let users = numbers.integer(Int(estimate.users.rounded()))
            if let lower = estimate.lower, let upper = estimate.upper {
                let bounds = [lower.rounded(.down), upper.rounded(.up)].map { numbers.integer(Int($0)) }
                parts.append("Estimate: \(users) users (95% interval: \(bounds[0]) to \(bounds[1])).")
            } else {
                parts.append("Estimate: \(users) users; the trials do not bound it on both sides.")
            }
        }
        return parts.joined(separator: " ")
    }

    /// The table of the charts' values, of which each row may stand for several seconds.
    private func compareSeconds() {
        let samples = Dictionary(uniqueKeysWithValues: recorded.samples.map { ($0.second, $0) })
        var next = 0
        for row in rows("seconds").reversed() {
            let ends = row[0].split(separator: "–").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, row.count == 8 else {
                Issue.record("\(row)")
                return
            }
            #expect(first == next)
            next = last + 1
            let covered = (first...last).compactMap { samples[$0] }
            let each = covered.map { Distribution.merged($0.tasks.map(\.succeeded)) }
            let failed = covered.flatMap(\.tasks).reduce(0) { $0 + $1.failed.count }
            let ended = each.reduce(failed) { $0 + $1.count }
            let latencies = [50.0, 95, 99].map { part in each.compactMap { $0.percentile(part) }.max() }
            let expected =
                [
                    numbers.integer(covered.last?.users ?? -1),
                    numbers.short(Double(ended) / Double(last - first + 1)),
                    numbers.percent(ended > 0 ? Double(failed) / Double(ended) : 0),
                ] + latencies.map { $0.map(numbers.latency) ?? "–" }
            #expect([row[1]] + row[3...] == expected, "seconds \(row[0])")
            // In a plateau's last second the next number of users is wanted.
            if let step = report.steps.first(where: { $0.from <= last && last + 1 < $0.to }) {
                #expect(row[2] == numbers.integer(step.users ?? 0), "wanted in second \(last)")
            }
        }
        #expect(next == recorded.samples.count)
    }

    private func compareFailures() {
        guard let names = report.totals?.compactMap(\.task) else { return }
        var expected: Set<[String]> = []
        for (index, name) in names.enumerated() {
            for kind in Set(recorded.samples.flatMap { $0.tasks[index].failures.keys }) {
                let seen = recorded.samples.filter { ($0.tasks[index].failures[kind] ?? 0) > 0 }
                let count = seen.reduce(0) { $0 + ($1.tasks[index].failures[kind] ?? 0) }
                if let last = seen.last { expected.insert([name, numbers.integer(count), "\(last.second)"]) }
            }
        }
        #expect(Set(rows("failures").map { [$0[0], $0[2], $0[4]] }) == expected)
    }

    /// The record's CPU is rounded.
    private func compareCPU() {
        let strips = texts("cpu")
        guard recorded.measurement.usage.count <= 60, !strips.isEmpty else { return }
        #expect(strips.count == Set(recorded.measurement.usage.map { $0.time.rounded() }).count)
        for strip in strips {
            guard let second = Self.value("seconds of the load", in: strip).flatMap({ Double($0) }) else {
                Issue.record("\(strip)")
                continue
            }
            let used = recorded.measurement.usage.filter { $0.time.rounded() == second }.compactMap {
                $0.cores["machine"]
            }
            guard let shown = Self.value("whole machine", in: strip).flatMap({ Double($0) }), !used.isEmpty else {
                continue
            }
            let mean = used.reduce(0, +) / Double(used.count)
            #expect((shown - mean).magnitude < 0.02, "\(strip)")
        }
    }

    /// Compares with the report that the browser shows.
    func compareWithReport(on browser: Browser) async throws {
        let report = try await #require(browser.evaluate(Self.reportScript) as? [String: Any])
        func rows(_ name: String) -> [[String]] { report[name] as? [[String]] ?? [] }
        func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        let text = words((report["text"] as? [String])?.first ?? "")
        #expect(texts("answers").count == 1)
        for answer in texts("answers") {
            let sentences = answer.hasPrefix("mysql-limit") ? String(answer.dropFirst("mysql-limit".count)) : answer
            #expect(text.contains(words(sentences)), "\(sentences)")
        }
        let ladder = page["ladder"] as? String ?? ""
        #expect(!ladder.isEmpty && (report["ladders"] as? [String] ?? []).contains(ladder), "\(ladder)")
        let series = [
            "users": ["Present"], "rate": ["requests", "failures"], "latency": ["Median", "p95"],
        ]
        for (chart, names) in series {
            let shown = texts(chart).map { strip in
                (["seconds of the load"] + names).map { Self.value($0, in: strip) ?? "–" }
            }
            #expect(shown == rows(chart) && shown.count > 10, "\(chart)")
        }
    }
}
