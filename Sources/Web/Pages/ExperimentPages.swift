import Experiments
import HTTPTypes
import Hummingbird
import Model
import Reporting

/// The list of experiments, and the editor.
extension Pages {
    func experimentsPage() -> Markup {
        let entries = settings.experiments.entries
        let cards = entries.map(card)
        return shell(
            "navExperiments", current: "experiments",
            """
            <h1>\(words("navExperiments"))</h1>
            <p>\(words("experimentsIntro"))</p>
            <p><a class="button" href="experiment">\(words("newExperiment"))</a></p>
            <div class="cards">\(cards)</div>
            """)
    }

    private func card(_ entry: ExperimentShelf.Entry) -> Markup {
        let edit: Markup = "<a href=\"experiment?file=\(Form.encoded(entry.name))\">\(words("viewAndEdit"))</a>"
        switch entry.content {
        case .success(let experiment):
            let question = experiment.question.map { words("question", ["number": "\($0)"]) + " · " } ?? ""
            let criteria = experiment.criteria.map { criterion -> Markup in "<code>\(criterion.text)</code> " }
            let seconds = settings.actions.map { $0.estimate(experiment) }
            return """
                <section class="card"><h2>\(words.text(experiment.title))</h2>
                <p class="quiet">\(question)\(experiment.name) · <code>\(entry.name)</code></p>
                <dl class="facts"><dt>\(words("measures"))</dt><dd>\(measures(experiment.load))</dd>
                <dt>\(words("tasks"))</dt><dd>\(experiment.load.tasks.map(\.name).joined(separator: ", "))</dd>
                <dt>\(words("criteria"))</dt><dd>\(criteria)</dd>
                <dt>\(words("longest"))</dt><dd>\(seconds.map(words.duration) ?? "–")</dd></dl>
                <p class="links"><a class="button" href="run?file=\(Form.encoded(entry.name))">\(words("runIt"))</a> \(edit)</p>
                </section>
                """
        case .failure(let faults):
            return """
                <section class="card"><h2><code>\(entry.name)</code></h2>
                <p class="alarm">\(words("hasFaults"))</p>\(list(faults.faults))<p class="links">\(edit)</p></section>
                """
        }
    }

    private func measures(_ load: LoadDefinition) -> String {
        switch load.shape {
        case .findLimit(let plan):
            words("measuresLimit", ["from": words.numbers.integer(plan.from), "to": words.numbers.integer(plan.to)])
        case .ramp(let stages):
            words(
                "measuresUsers",
                ["users": stages.prefix(8).map { words.numbers.integer($0.users) }.joined(separator: ", ")])
        case .rate(let stages, _):
            words(
                "measuresRate",
                ["rates": stages.prefix(8).map { words.numbers.exact($0.perSecond) }.joined(separator: ", ")])
        }
    }

    /// - Parameter leads: in the editor, each to its place.
    private func list(_ faults: [DefinitionFault], leads: Bool = false) -> Markup {
        let items = faults.prefix(100).map { fault -> Markup in
            let place = words("lineAndColumn", ["line": "\(fault.line)", "column": "\(fault.column)"])
            let data: Markup = "data-line=\"\(fault.line)\" data-column=\"\(fault.column)\""
            let shown: Markup =
                leads
                ? "<button type=\"button\" class=\"place\" \(data)>\(place)</button>" : "<strong>\(place)</strong>"
            return "<li>\(shown) <span lang=\"en\">\(fault.message)</span></li>"
        }
        // What is wrong is said in English, as by the commands.
        let note: Markup =
            words.language == .english ? .none : "<p class=\"quiet\">\(words("faultsInEnglish"))</p>"
        return "\(note)<ul class=\"faults\">\(items)</ul>"
    }

    /// What is wrong with a text, for the editor.
    func faults(in text: String) -> Markup {
        let faults = settings.experiments.faults(in: text, as: "new.yaml")
        return faults.isEmpty ? "<p class=\"good\">\(words("noFaults"))</p>" : list(faults, leads: true)
    }

    /// - Parameter text: what was written so far; nil to begin with the file that is named, or with nothing.
    func experimentPage(
        text: String?, name: String? = nil, problem: String? = nil, saved: String? = nil,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let file = visit.query["file"] ?? visit.form["file"]
        var text = text
        if text == nil, let file, !file.isEmpty {
            guard let found = settings.experiments.text(of: file) else { return notFound() }
            text = found
        }
        let shown = text ?? settings.experiments.entries.first.flatMap { settings.experiments.text(of: $0.name) } ?? ""
        let done: Markup =
            saved.map {
                """
                <p class="good box" role="status">\(words("saved", ["file": "experiments/\($0)"]))
                <a href="run?file=\(Form.encoded($0))">\(words("runIt"))</a></p>
                """
            } ?? .none
        let heading = file.flatMap { $0.isEmpty ? nil : $0 } ?? words("newExperiment")
        return .page(
            shell(
                "editor", current: "experiments",
                """
                <h1>\(heading)</h1>
                <p>\(words("editorIntro"))</p>\(alert(problem))\(done)
                <form method="post" action="experiment">
                <input type="hidden" name="file" value="\(file ?? "")">
                <label for="text">\(words("definition"))</label>
                <p class="quiet" id="text-hint">\(words("proposals"))</p>
                <div class="editor"><textarea id="text" name="text" rows="28" spellcheck="false" autocapitalize="off" autocomplete="off" \
                aria-autocomplete="list" aria-haspopup="listbox" aria-describedby="text-hint" data-check="faults" data-schema="schema.json" \
                data-proposals="\(words("proposals"))">\(shown)</textarea></div>
                <div id="faults" role="status">\(faults(in: shown))</div>
                <p class="row"><button name="action" value="check">\(words("validate"))</button></p>
                <p class="row"><label for="name">\(words("saveAs"))</label>
                <span class="file">experiments/<input id="name" name="name" value="\(name ?? "")" pattern="[A-Za-z0-9][A-Za-z0-9\\-]*" maxlength="60" autocomplete="off" aria-describedby="save-hint">.yaml</span>
                <button class="button" name="action" value="save">\(words("save"))</button></p>
                <p class="quiet" id="save-hint">\(words("saveHint"))</p>
                </form>
                <script src="complete.js" defer></script>
                """), status: status)
    }

    func saveExperiment() -> Response {
        // A form's lines end as those of the network do.
        let text = (visit.form["text"] ?? "").replacing("\r\n", with: "\n")
        guard visit.form["action"] == "save" else { return experimentPage(text: text, name: visit.form["name"]) }
        let name = visit.form.text("name") ?? ""
        do {
            return experimentPage(text: text, name: name, saved: try settings.experiments.save(text, as: name))
        } catch is DefinitionFaults {
            return experimentPage(
                text: text, name: name, problem: words("faultsFirst"), status: .unprocessableContent)
        } catch {
            return experimentPage(text: text, name: name, problem: "\(error)", status: .conflict)
        }
    }
}
