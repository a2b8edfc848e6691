import Analysis
import Model

/// Turns a run into what the template of its summary lays out.
struct SummaryWriter {
    let writer: Writer
    let earlier: RecordedRun?

    private var words: Words { writer.words }
    private var run: RecordedRun { writer.run }

    /// - Parameter experiments: how many of them are shown.
    func view(experiments count: Int) throws -> View {
        let shown = Array(writer.experimentsInOrder.prefix(count))
        let names = Set(shown.map { run.experiments[$0].experiment.name })
        let left = run.experiments.count - shown.count
        var view: View = [
            "w": words.texts, "title": try words(writer.titleName), "quick": run.manifest.quick,
            "intro": try intro(),
            "incomplete": try (writer.unreadable(of: run) + writer.missing(run.allFaults)).map { ["line": $0] },
            "answers": try shown.map(answer), "caveats": try writer.caveats(),
            "whole": try words("summaryWhole", wholeReport),
        ]
        if left > 0 {
            let line = try words(
                "summaryLeftOut", writer.many(Double(left)).merging(["count": writer.numbers.integer(left)]) { $1 })
            view["leftOut"] = [["line": line]]
        }
        let limits = try shown.flatMap(limits)
        if !limits.isEmpty { view["limits"] = ["rows": limits] as View }
        if let earlier { view["against"] = try against(earlier, only: names) }
        return view
    }

    private var wholeReport: [String: String] {
        let name = writer.language.fileName
        return [
            "page": Markdown.code(name + ".html"), "text": Markdown.code(name + ".md"),
            "run": Markdown.code(run.manifest.id),
        ]
    }

    private func intro() throws -> String {
        var values = [
            "run": Markdown.code(run.manifest.id), "began": Numbers.date(run.manifest.began),
            "host": try writer.hostLine(), "version": Markdown.inline(run.manifest.version),
        ]
        values["commit"] = run.manifest.commit.map { Markdown.code($0) }
        return try words("summaryIntro", values)
    }

    private func answer(at index: Int) throws -> View {
        let experiment = run.experiments[index].experiment
        let question = experiment.question.map { "\(writer.numbers.integer($0)). " } ?? ""
        let answer = Markdown.beginning(
            of: try writer.shortAnswer(of: experiment, at: index), characters: 2000, lines: 20)
        return [
            "title": question + Markdown.cell(writer.title(of: experiment)),
            "answer": Markdown.cell(String(answer.map { $0.isNewline ? " " : $0 })),
        ]
    }

    /// One row per search.
    private func limits(at index: Int) throws -> [View] {
        let experiment = run.experiments[index].experiment
        let numbers = writer.numbers
        return writer.studies[index].compactMap { study -> View? in
            guard let answer = study.answer else { return nil }
            let name = [experiment.name, study.measurement.variant].compactMap(\.self).map { Markdown.code($0) }
            let most = study.steps.compactMap(\.summary).map(\.answeredPerSecond).max()
            let all = answer.worstPassing?.summary?.all
            return [
                "experiment": Markdown.cell(name.joined(separator: ", ")), "limit": answer.figureText(numbers),
                "interval": answer.intervalText(numbers), "p95": writer.latency(all?.succeeded.p95),
                "errors": writer.percent(all?.errorRate), "throughput": most.map(numbers.short) ?? "–",
            ]
        }
    }

    // MARK: Against an earlier run

    private func against(_ earlier: RecordedRun, only names: Set<String>) throws -> View {
        let comparison = ComparisonWriter(
            writer: writer, a: earlier, b: run, comparison: RunComparison(of: run, against: earlier))
        let rows = comparison.comparison.outcomes.filter { row in
            names.contains(row.other) && (row.quantity.kind == .limit || row.effect.verdict != .noDifferenceShown)
        }
        let other = try comparison.comparison.ofOtherLoad.filter(names.contains).map {
            try words("compareOtherLoad", ["experiment": Markdown.code($0)])
        }
        let lines = try other + comparison.unmatched() + comparison.differences { _ in true }
        let id = Markdown.code(earlier.manifest.id)
        var view: View = [
            "w": words.texts, "heading": try words("summaryAgainst", ["run": id]),
            "verdict": try comparison.verdict(),
            "note": try words("summaryAgainstNote", ["a": id, "began": Numbers.date(earlier.manifest.began)]),
            "lines": lines.prefix(Self.mostLines).map { ["line": $0] }
                + (lines.count > Self.mostLines ? [["line": "…"]] : []),
        ]
        if !rows.isEmpty {
            let cells = try rows.map { row in
                try comparison.row(row).mapValues { cell in (cell as? String).map(Markdown.cell) ?? cell }
            }
            view["table"] = ["w": words.texts, "rows": cells] as View
        }
        return view
    }

    private static let mostLines = 40
}

extension PlateauSummary {
    /// Answers without a fault.
    fileprivate var answeredPerSecond: Double { Double(all.answered) / Double(max(1, seconds)) }
}

extension LimitAnswer {
    /// The 95 % interval of the estimate; a bound that the trials do not give is open.
    fileprivate func intervalText(_ numbers: Numbers) -> String {
        guard let estimate, !generatorLimited, estimate.lower != nil || estimate.upper != nil else { return "–" }
        func text(_ bound: Double?) -> String { bound.map { numbers.integer(Int($0)) } ?? "…" }
        // Outwards, as the report has it.
        return text(estimate.lower?.rounded(.down)) + "–" + text(estimate.upper?.rounded(.up))
    }
}
