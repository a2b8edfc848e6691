import Foundation
import Model
import Orchestrator
import Reporting

/// What is told of tasks, failures, the generator, the run's measurements and its answers.
extension LiveFragments {
    /// More would make the page slow, and nobody reads them.
    private static let mostTasks = 100
    private static let mostFailures = 50

    var tasks: Markup {
        guard let shown, let latest = shown.latest, shown.plan.tasks.count == shown.totals.count else { return .none }
        // Of the newest second; once nothing follows, of the whole load, where a report does not say it.
        let each = history.closing == nil ? [latest.all] + latest.tasks : history.closing?.totals ?? []
        let seconds = history.closing == nil ? latest.span : shown.length
        func row(_ name: Markup, _ total: MeasurementHistory.Total, _ place: Int) -> [Markup] {
            let requests = each.indices.contains(place) ? each[place] : nil
            let figures = each.isEmpty ? [] : self.figures(requests, seconds: seconds)
            let errors = history.closing == nil ? requests?.errorRate : total.errorRate
            return [name, "\(words.numbers.integer(total.ended))", "\(words.numbers.integer(total.failed))"] + figures
                + ["\(errors.map(words.numbers.percent) ?? "–")"]
        }
        let order = shown.totals.indices.sorted { (shown.totals[$1].ended, $0) < (shown.totals[$0].ended, $1) }
        var rows = order.prefix(Self.mostTasks).map { index in
            row("\(shown.plan.tasks[index])", shown.totals[index], index + 1)
        }
        rows.append(row("<strong>\(words("allTasks"))</strong>", shown.total, 0))
        let more = order.count - Self.mostTasks
        let rest: Markup =
            more > 0 ? "<p class=\"quiet\">\(words("moreTasks", ["count": words.numbers.integer(more)]))</p>" : .none
        let heads =
            ["task", "requestsInAll", "failedInAll"] + (each.isEmpty ? [] : ["requestsPerSecond", "p50", "p95", "p99"])
            + ["errors"]
        let table = Markup.table(
            heads.map { words($0) }, rows, numeric: Set(1..<heads.count), caption: words("tasks"))
        return "\(table)\(rest)"
    }

    private func figures(_ requests: RunSecond.Requests?, seconds: Int) -> [Markup] {
        let rate = requests.map { Double($0.ended) / Double(max(1, seconds)) }
        return [
            "\(rate.map(words.numbers.short) ?? "–")", "\(words.latency(requests?.p50))",
            "\(words.latency(requests?.p95))", "\(words.latency(requests?.p99))",
        ]
    }

    var failures: Markup {
        guard let shown, !shown.failures.isEmpty else {
            return shown?.latest == nil ? .none : "<p class=\"quiet\">\(words("noFailures"))</p>"
        }
        let sorted = shown.failures.enumerated().sorted { $0.element.count > $1.element.count }
        let rows = sorted.prefix(Self.mostFailures).map { index, failure -> [Markup] in
            [
                "\(failure.task)", "\(words.name(of: failure.kind))", "\(words.numbers.integer(failure.count))",
                "\(failure.first)", "\(failure.last)", example(failure.example, index),
            ]
        }
        return .table(
            [
                words("task"), words("kind"), words("count"), words("firstSecond"), words("lastSecond"),
                words("example"),
            ], rows, numeric: [2, 3, 4], caption: words("failures"))
    }

    private func example(_ example: FailureExample?, _ index: Int) -> Markup {
        guard let example else { return "–" }
        let answer: Markup = example.response.isEmpty ? .none : "<pre><code>\(example.response)</code></pre>"
        return """
            <details id="failure-\(index)"><summary>\(words.recorded(example.detail))</summary><p>\(words.latency(example.latency))</p>
            <pre><code>\(example.request)</code></pre>\(answer)</details>
            """
    }

    /// Whether the figures show the application, and not the generator.
    var validity: Markup {
        let judged = shown?.decisions.last?.step.validity
        let verdict: Markup = judged == nil ? .none : " \(words("lastStep")) \(validity(judged))."
        guard history.closing == nil else { return judged == nil ? .none : "<p class=\"quiet\">\(verdict)</p>" }
        guard let latest = shown?.latest, let cpu = latest.generatorCPU else { return .none }
        let style = cpu > 0.9 ? "alarm" : "quiet"
        return "<p class=\"\(style)\">\(words("generatorBusy", ["share": words.numbers.percent(cpu)]))\(verdict)</p>"
    }

    var notes: Markup {
        guard let shown, !shown.notes.isEmpty || shown.restorations > 0 || !shown.faults.isEmpty else { return .none }
        let lost = Set(shown.losses.map(\.component))
        var restored = Markup.none
        if shown.restorations > 0 {
            var values = ["count": words.numbers.integer(shown.restorations)]
            if words.numbers.isPlural(Double(shown.restorations)) { values["many"] = "" }
            restored = "<li>\(words("restored", values))</li>"
        }
        let items = shown.notes.reversed().map { note -> Markup in
            lost.contains { note.contains($0) }
                ? "<li class=\"alarm\">\(words.recorded(note))</li>" : "<li>\(words.recorded(note))</li>"
        }
        let faults = shown.faults.reversed().map { record -> Markup in
            record.isOver ? "<li>\(words(record))</li>" : "<li class=\"alarm\">\(words(record))</li>"
        }
        return "<ul>\(faults)\(restored)\(items)</ul>"
    }

    /// All measurements of the run and how far they are.
    var plan: Markup {
        guard kind == .run, history.plan != nil else { return .none }
        let rows = history.measurements.map { measurement -> [Markup] in
            let name = measurement.plan.name
            let detail = [name.variant, name.repetition.map { words("repetition", ["number": "\($0)"]) }]
                .compactMap(\.self).joined(separator: ", ")
            return [
                "\(name.number)", "\(words.text(measurement.plan.title))", "\(detail.isEmpty ? "–" : detail)",
                "\(words.duration(measurement.plan.time.whole))", state(measurement),
            ]
        }
        return .table(
            [words("number"), words("experiment"), words("variant"), words("longest"), words("state")], rows,
            numeric: [0, 3], caption: words("measurements"))
    }

    private func state(_ measurement: MeasurementHistory) -> Markup {
        switch measurement.state {
        case .waiting: return "\(words("state-waiting"))"
        case .running: return "<strong>\(words("state-running"))</strong>"
        case .skipped: return "\(words("state-skipped"))"
        case .ended(.measured): return "<span class=\"verdict held\">\(words("state-measured"))</span>"
        case .ended(.interrupted): return "\(words("state-interrupted"))"
        case .ended(.failed(_, let reason)):
            return "<span class=\"verdict met\">\(words("state-failed"))</span> \(words.recorded(reason))"
        }
    }

    /// What the report says, and the way to it.
    var answers: Markup {
        guard let closing = history.closing, let run = history.plan?.run else { return .none }
        let items = closing.answers.map { answer -> Markup in
            let text = Markup(html: HTML.inline(markdown: words.text(answer.text)))
            return "<p class=\"answer\"><strong>\(answer.experiment)</strong><br>\(text)</p>"
        }
        guard !items.isEmpty else { return .none }
        return "<h2>\(words("answers"))</h2>\(items)\(RunLinks(run: run, words: words).list)"
    }
}

/// Links to a run's products.
struct RunLinks {
    let run: String
    let words: WebWords
    /// Beside them.
    var more = Markup.none

    var list: Markup {
        let french = words.language == .french
        let report = french ? "rapport" : "report"
        return """
            <p class="links"><a class="button" href="\(link("\(report).html"))">\(words("openReport"))</a>
            <a href="\(link("\(report).pdf"))" download="\(run)-\(report).pdf">PDF</a>
            <a href="\(link("report.json"))" download="\(run).json">JSON</a>
            <a href="\(link("report.csv"))" download="\(run).csv">CSV</a>\(more)</p>
            """
    }

    private func link(_ file: String) -> String { "file?run=\(Form.encoded(run))&name=\(file)" }
}
