import Foundation
import HTTPTypes
import Hummingbird
import Model
import Reporting

/// The recorded runs, and what can be fetched of them.
extension Pages {
    func runsPage(problem: String? = nil) -> Markup {
        let entries = settings.runs.entries
        let cards = entries.prefix(200).map(card)
        let none: Markup = entries.isEmpty ? "<p>\(words("noRuns"))</p>" : .none
        return shell(
            "navRuns", current: "runs",
            "<h1>\(words("navRuns"))</h1>\(alert(problem))\(none)\(compareForm(entries))\(cards)")
    }

    private func card(_ entry: RunShelf.Entry) -> Markup {
        guard let manifest = entry.manifest else {
            return """
                <section class="card"><h2>\(entry.name)</h2><p class="alarm">\(words("unreadable"))</p>
                <p class="links"><a href="delete?run=\(Form.encoded(entry.name))">\(words("delete"))</a></p></section>
                """
        }
        let quick: Markup = manifest.quick ? " · <strong>\(words("quickRun"))</strong>" : .none
        let repeats: Markup =
            (manifest.repeats ?? 1) > 1 ? " · \(words("timesEach", ["count": "\(manifest.repeats ?? 1)"]))" : .none
        let delete: Markup = """
             <a class="last" href="delete?run=\(Form.encoded(entry.name))">\(words("delete"))<span class="unseen"> \(entry.name)</span></a>
            """
        return """
            <section class="card"><h2>\(Numbers.date(manifest.began))</h2>
            <p class="quiet">\(entry.name)\(quick)\(repeats)</p>
            \(answers(of: entry.name) ?? names(manifest))
            \(RunLinks(run: entry.name, words: words, more: delete).list)
            </section>
            """
    }

    private func names(_ manifest: RunManifest) -> Markup {
        "<ul>\(manifest.experiments.map { experiment -> Markup in "<li>\(words.text(experiment.title))</li>" })</ul>"
    }

    /// What the run's report found, out of its data.
    private func answers(of run: String) -> Markup? {
        guard let path = settings.runs.product("report.json", of: run),
            let data = FileManager.default.contents(atPath: path),
            let report = try? JSONDecoder().decode(ReportData.self, from: data)
        else { return nil }
        let items = report.experiments.map { section -> Markup in
            let found = section.measurements.map { entry in
                [entry.variant, finding(entry)].compactMap(\.self).joined(separator: ": ")
            }
            let text = found.isEmpty ? words("notBegun") : found.joined(separator: " · ")
            return "<li><strong>\(section.name)</strong> – \(text)</li>"
        }
        return "<ul>\(items)</ul>"
    }

    private func finding(_ entry: ReportData.Entry) -> String {
        guard entry.outcome == "measured" else { return words("state-\(entry.outcome)") }
        if let answer = entry.answer {
            if let estimate = answer.estimate {
                return words("foundLimit", ["users": words.numbers.integer(Int(estimate.users.rounded()))])
            }
            switch (answer.passed, answer.failed) {
            case (let passed?, let failed?):
                return words(
                    "intervalBoth", ["passed": words.numbers.integer(passed), "failed": words.numbers.integer(failed)])
            case (let passed?, nil): return words("intervalFrom", ["passed": words.numbers.integer(passed)])
            case (nil, let failed?): return words("intervalBelow", ["failed": words.numbers.integer(failed)])
            case (nil, nil): break
            }
        }
        guard let all = entry.steps.last?.requests.first else { return words("state-measured") }
        return words(
            "foundStage",
            ["rate": words.numbers.short(all.perSecond), "p95": words.latency(all.succeeded.p95)])
    }

    func deletePage() -> Response {
        guard let run = visit.query["run"], settings.runs.run(run) != nil else { return notFound() }
        return .page(
            shell(
                "delete", current: "runs",
                """
                <h1>\(words("deleteQuestion"))</h1><p>\(words("deleteExplained", ["run": run]))</p>
                <form method="post" action="delete"><input type="hidden" name="run" value="\(run)">
                <p class="links"><button class="button danger">\(words("delete"))</button> <a href="runs">\(words("cancel"))</a></p></form>
                """))
    }

    func delete() async -> Response {
        guard let run = visit.form["run"] else { return notFound() }
        guard await settings.desk.running == nil else {
            return .page(runsPage(problem: words("deleteLater")), status: .conflict)
        }
        do {
            try settings.runs.delete(run)
            return .see("runs")
        } catch {
            return .page(runsPage(problem: "\(error)"), status: .notFound)
        }
    }

    /// A product of a run; it is made where it is not there yet.
    func file() async -> Response {
        guard let name = visit.query["name"], let run = visit.query["run"], let type = RunShelf.products[name],
            let folder = settings.runs.run(run)
        else { return notFound() }
        if settings.runs.product(name, of: run) == nil {
            do {
                try await settings.actions?.produce(name, folder)
            } catch {
                return .page(
                    shell("navRuns", current: "runs", "<h1>\(words("notMade"))</h1>\(alert("\(error)"))"),
                    status: .internalServerError)
            }
        }
        guard let path = settings.runs.product(name, of: run), let data = FileManager.default.contents(atPath: path)
        else { return notFound() }
        return .product(Array(data), type: type)
    }
}
