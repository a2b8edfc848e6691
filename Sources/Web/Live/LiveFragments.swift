import Model
import Orchestrator
import Reporting

/// The parts of a page that change while a run goes on, by the name of the element that holds each.
struct LiveFragments {
    let history: RunHistory
    let kind: RunDesk.Kind
    let words: WebWords
    /// What is shown in full: the measurement that was begun last.
    let shown: MeasurementHistory?

    init(_ history: RunHistory, kind: RunDesk.Kind, words: WebWords) {
        self.history = history
        self.kind = kind
        self.words = words
        shown = history.current.map { history.measurements[$0] }
    }

    var all: [(String, Markup)] {
        [
            ("state", state), ("kind", kind == .load ? "load" : "run"), ("head", head), ("numbers", numbers),
            ("criteria", criteria), ("interval", interval), ("search", search),
            ("chart-ladder", ladder), ("chart-users", usersChart), ("chart-rate", rateChart),
            ("chart-latency", latencyChart), ("chart-cpu", cpuChart), ("seconds", seconds), ("tasks", tasks),
            ("failures", failures), ("parts", parts), ("validity", validity), ("notes", notes), ("plan", plan),
            ("answers", answers),
        ]
    }

    /// Not shown: what the script goes by.
    var state: Markup {
        history.plan == nil ? "idle" : history.closing == nil ? "running" : "over"
    }

    /// Which measurement, what it does, and how long the run still takes.
    private var head: Markup {
        guard let plan = history.plan else { return "<p>\(words(kind == .load ? "noLoad" : "noRun"))</p>" }
        var lines: [Markup] = []
        if let run = plan.run {
            lines.append(
                "<p class=\"quiet\">\(words("runNamed", ["run": run]))\(plan.isQuick ? " · " + words("quickRun") : "")</p>"
            )
        }
        if kind == .load, let shown { lines.append("<p class=\"quiet\">\(words.text(shown.plan.title))</p>") }
        if let problem = history.closing?.problem {
            lines.append("<p class=\"alarm\" role=\"alert\">\(words.recorded(problem))</p>")
        }
        guard history.closing == nil else {
            let name = history.closing?.isInterrupted == true ? "runStopped" : "runOver"
            lines.append("<p class=\"big\">\(words(kind == .load ? "loadOver" : name))</p>")
            return "\(lines)"
        }
        guard let shown, let current = history.current else {
            return "\(lines)<p class=\"big\">\(words("starting"))</p>"
        }
        let place = [
            "number": words.numbers.integer(current + 1), "count": words.numbers.integer(history.measurements.count),
        ]
        let title = kind == .load ? "" : words("measurementOf", place) + " · " + words.text(shown.plan.title)
        lines.append("<h2>\(title.isEmpty ? words("loadRuns") : title)</h2>")
        lines.append("<p class=\"big\">\(activity(shown))</p>")
        if kind == .run {
            let whole = history.measurements.reduce(0) { $0 + $1.plan.time.whole }
            let left = history.secondsLeft
            let done = whole > 0 ? Int(100 * (1 - left / whole)) : 0
            lines.append(
                """
                <p><progress max="100" value="\(max(0, min(100, done)))" aria-label="\(words("progress"))"></progress>
                \(words("timeLeft", ["time": words.duration(left)]))</p>
                """)
        }
        return "\(lines)"
    }

    private func activity(_ shown: MeasurementHistory) -> String {
        guard shown.phase == .load || kind == .load, let second = shown.latest else {
            return shown.phase.map { words("phase-" + $0.rawValue.replacing(" ", with: "-")) } ?? words("starting")
        }
        var values = ["doing": words("doing-" + second.activity.rawValue)]
        values["users"] = words.numbers.integer(second.users)
        values["wanted"] = words.numbers.integer(second.targetUsers)
        values["rate"] = second.targetRate.map(words.numbers.short)
        if second.targetRate != nil { return words("activityRate", values) }
        return words(second.activity == .drain ? "activityDrain" : "activityUsers", values)
    }

    /// The newest second in large figures; once nothing follows, the whole load.
    private var numbers: Markup {
        guard let shown, let second = shown.latest else { return .none }
        let totals = [
            ("requestsInAll", words.numbers.integer(shown.total.ended)),
            ("failedInAll", words.numbers.integer(shown.total.failed)),
        ]
        guard let closing = history.closing else {
            let cells = [("users", words.numbers.integer(second.users))] + figures(second.all, seconds: second.span)
            return figures(
                cells + [("inFlight", words.numbers.integer(second.inFlight))] + totals,
                isTroubled: second.all.errorRate > 0.01)
        }
        let errors = [("errors", words.numbers.percent(shown.total.errorRate))]
        let cells = totals + (closing.totals?.first.map { figures($0, seconds: shown.length) } ?? errors)
        var values = ["time": words.duration(Double(shown.length))]
        if history.measurements.count > 1 { values["title"] = words.text(shown.plan.title) }
        let title = words(history.measurements.count > 1 ? "wholeLoadOf" : "wholeLoad", values)
        return "<h2>\(title)</h2>\(figures(cells, isTroubled: shown.total.errorRate > 0.01))"
    }

    private func figures(_ requests: RunSecond.Requests, seconds: Int) -> [(String, String)] {
        [
            ("requestsPerSecond", words.numbers.short(Double(requests.ended) / Double(max(1, seconds)))),
            ("p50", words.latency(requests.p50)), ("p95", words.latency(requests.p95)),
            ("p99", words.latency(requests.p99)), ("errors", words.numbers.percent(requests.errorRate)),
        ]
    }

    private func figures(_ cells: [(String, String)], isTroubled: Bool) -> Markup {
        let items = cells.map { name, value -> Markup in
            let style = name == "errors" && isTroubled ? "figure alarm" : "figure"
            return "<div class=\"\(style)\"><dt>\(words(name))</dt><dd>\(value)</dd></div>"
        }
        return "<dl class=\"figures\">\(items)</dl>"
    }

    /// Each criterion with this second's value while there is one, and the worst window and margin of the newest step.
    private var criteria: Markup {
        guard let shown, !shown.plan.criteria.isEmpty else { return .none }
        let last = shown.decisions.last?.verdicts ?? []
        let rows = shown.plan.criteria.enumerated().map { index, criterion -> [Markup] in
            let verdict = last.indices.contains(index) ? last[index] : nil
            return ["<code>\(criterion.text)</code>"] + (history.closing == nil ? [now(criterion)] : []) + [
                "\(words.value(verdict?.value, of: criterion.metric))\(verdict?.task.map { " (\($0))" } ?? "")",
                "\(margin(verdict))", outcome(verdict),
            ]
        }
        let heads =
            ["criterion"] + (history.closing == nil ? ["thisSecond"] : []) + ["worstWindow", "margin", "verdict"]
        return .table(
            heads.map { words($0) }, rows, numeric: Set(1..<heads.count - 1), caption: words("criteria"))
    }

    private func now(_ criterion: Criterion) -> Markup {
        let value = now(criterion.metric)
        let shown = words.value(value, of: criterion.metric)
        return (value ?? 0) > criterion.threshold ? "<span class=\"alarm\">\(shown)</span>" : "\(shown)"
    }

    private func now(_ metric: CriterionMetric) -> Double? {
        guard let all = shown?.latest?.all, all.ended > 0 else { return nil }
        return metric == .errorRate ? all.errorRate : all.latency(metric)
    }

    /// Below the threshold, as a share of it. Of what lies far above it says more how many times as large it is.
    func margin(_ verdict: CriterionVerdict?) -> String {
        guard let margin = verdict?.margin else { return "–" }
        return margin < -1
            ? words("marginTimes", ["times": words.numbers.short(1 - margin)])
            : words.numbers.difference(percent: margin)
    }

    func outcome(_ verdict: CriterionVerdict?) -> Markup {
        guard let verdict else { return "–" }
        return
            "<span class=\"verdict \(verdict.outcome.rawValue)\">\(words("verdict-" + verdict.outcome.rawValue))</span>"
    }
}

extension MeasurementHistory {
    /// Seconds of the load.
    var length: Int { latest.map { $0.second + $0.span } ?? 0 }
}

extension MeasurementHistory.Total {
    /// Of those that ended; 0 where none did.
    var errorRate: Share { ended > 0 ? Double(failed) / Double(ended) : 0 }
}
