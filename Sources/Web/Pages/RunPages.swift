import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// The page of a run: what to start, and what goes on.
extension Pages {
    func runPage(problem: String? = nil, form: Form? = nil) async -> Markup {
        let (_, kind, texts) = await settings.desk.board.fragments(words.language)
        let running = await settings.desk.running
        let state = running == .load ? "other" : kind == .load ? "idle" : texts["state"] ?? "idle"
        // After a run it stands back behind what was found.
        let isOpen: Markup = state == "idle" || problem != nil ? " open" : .none
        let start: Markup =
            settings.actions == nil
            ? .none
            : """
            <details class="when-idle box"\(isOpen)><summary>\(words("startRun"))</summary>\(startForm(form))</details>
            """
        let other: Markup =
            running == .load
            ? "<p class=\"box\">\(words("loadGoesOn")) <a href=\"try\">\(words("navTry"))</a></p>" : .none
        let shown = kind == .load ? [:] : texts
        return shell(
            "navRun", current: "run", state: state,
            """
            <h1>\(words("navRun"))</h1>\(alert(problem))\(other)
            <div class="monitor" data-kind="run">
            \(live("head", shown))
            <form class="when-running" method="post" action="stop">
            <p><button class="button danger">\(words("stop"))</button> <span class="quiet">\(words("stopHint"))</span></p>
            </form>
            \(live("answers", shown))\(start)\(live("numbers", shown))\(live("validity", shown))
            <h2 class="when-shown">\(words("criteria"))</h2>\(live("criteria", shown))
            <h2 class="when-shown">\(words("steps"))</h2>\(live("interval", shown))
            <div class="plots">\(picture("chart-ladder", shown))\(live("search", shown))</div>
            \(details(shown))
            <h2 class="when-shown">\(words("measurements"))</h2>\(live("plan", shown))
            </div>
            """)
    }

    /// What runs and loads have in common.
    func details(_ texts: [String: String]) -> Markup {
        """
        <h2 class="when-shown">\(words("charts"))</h2>
        <div class="plots">\(plot("chart-rate", texts))\(plot("chart-latency", texts))\(plot("chart-users", texts))\(plot("chart-cpu", texts))</div>
        <details class="when-shown"><summary>\(words("values"))</summary>\(live("seconds", texts))</details>
        <h2 class="when-shown">\(words("tasks"))</h2>\(live("tasks", texts))
        <h2 class="when-shown">\(words("failures"))</h2>\(live("failures", texts))
        <h2 class="when-shown">\(words("machine"))</h2>\(live("parts", texts))
        <h2 class="when-shown">\(words("notes"))</h2>\(live("notes", texts))
        """
    }

    private func startForm(_ form: Form?) -> Markup {
        let chosen = Set(form?.all("file") ?? visit.query.all("file"))
        let entries = settings.experiments.entries
        func isOptional(_ index: Int) -> Bool { entries[index].name.contains("/") }
        let boxes = entries.enumerated().map { index, entry -> Markup in
            let experiment = try? entry.content.get()
            let isOptional = isOptional(index)
            let isChosen = chosen.isEmpty ? experiment != nil && !isOptional : chosen.contains(entry.name)
            let time = experiment.flatMap { experiment in
                settings.actions.map { words.duration($0.estimate(experiment)) }
            }
            let checked: Markup = experiment != nil && isChosen ? " checked" : .none
            let disabled: Markup = experiment == nil ? " disabled" : .none
            return """
                <li><input type="checkbox" id="file-\(index)" name="file" value="\(entry.name)"\(checked)\(disabled)>
                <label for="file-\(index)">\(experiment.map { words.text($0.title) } ?? words("hasFaults"))
                <span class="quiet"><code>\(entry.name)</code>\(time.map { " · ≤\u{A0}\($0)" } ?? "")</span></label></li>
                """
        }
        let usual = entries.indices.filter { !isOptional($0) }.map { boxes[$0] }
        let others = entries.indices.filter(isOptional)
        let isOpen: Markup = others.contains { chosen.contains(entries[$0].name) } ? " open" : .none
        let rest: Markup =
            others.isEmpty
            ? .none
            : """
            <details\(isOpen)><summary>\(words("optionalOnes", ["count": "\(others.count)"]))</summary>
            <ul class="boxes">\(others.map { boxes[$0] })</ul></details>
            """
        let stack = form?["stack"] ?? "auto"
        let stacks = ["auto", "compose", "swarm", "local", "url"].map { name -> Markup in
            "<option value=\"\(name)\"\(stack == name ? " selected" : Markup.none)>\(words("stack-" + name))</option>"
        }
        let quick: Markup = form?["quick"] != nil ? " checked" : .none
        return """
            <form method="post" action="start">
            <fieldset><legend>\(words("navExperiments"))</legend><ul class="boxes">\(usual)</ul>\(rest)</fieldset>
            <div class="fields">
            <p class="broad"><label for="stack">\(words("stack"))</label><select id="stack" name="stack">\(stacks)</select></p>
            <p><label for="url">\(words("stackURL"))</label><input id="url" name="url" type="url" value="\(form?["url"] ?? "")" placeholder="http://127.0.0.1:8080"></p>
            <p><label for="repeats">\(words("repeats"))</label><input id="repeats" name="repeats" type="number" min="1" max="100" value="\(form?["repeats"] ?? "1")"></p>
            <p><label for="hosts">\(words("allowedHost"))</label><input id="hosts" name="hosts" value="\(form?["hosts"] ?? "")" aria-describedby="hosts-hint"></p>
            </div>
            <p class="quiet" id="hosts-hint">\(words("allowedHostHint"))</p>
            <p><input type="checkbox" id="quick" name="quick" value="yes"\(quick)> <label for="quick">\(words("quick"))</label></p>
            <p><button class="button">\(words("start"))</button></p>
            </form>
            """
    }

    func start() async -> Response {
        guard let actions = settings.actions else { return notFound() }
        let form = visit.form
        let files = form.all("file").map { settings.experiments.path(of: $0) }
        let stack = form["stack"] == "url" ? form.text("url") ?? "" : form["stack"] ?? "auto"
        let hosts = form.text("hosts")?.split { $0 == "," || $0 == " " }.map(String.init) ?? []
        let wish = RunWish(
            files: files.compactMap(\.self), isQuick: form["quick"] != nil, stack: stack,
            repeats: form.text("repeats").flatMap { Int($0) } ?? 0, allowedHosts: hosts)
        do {
            guard !files.isEmpty else { throw Problem(.usage, words("chooseOne")) }
            guard files.count == wish.files.count else { throw Problem(.usage, words("fileGone")) }
            guard (1...100).contains(wish.repeats) else { throw Problem(.usage, words("repeatsRange")) }
            try actions.checkRun(wish)
            try await settings.desk.start(.run) { try await actions.run(wish, $0) }
            return .see("run")
        } catch let refusal as RunDesk.Refusal {
            return .page(await runPage(problem: words(refusal == .busy ? "busy" : "closing")), status: .conflict)
        } catch {
            return .page(await runPage(problem: "\(error)", form: form), status: .unprocessableContent)
        }
    }

    /// The stream of what has changed. It ends with the server.
    func live() -> Response {
        let (board, language) = (settings.desk.board, words.language)
        return .events(
            ResponseBody { writer in
                var seen = 0
                while let message = await board.next(after: seen, language) {
                    try await writer.write(ByteBuffer(string: message.text))
                    seen = message.version
                    // Several changes that come together are one message.
                    try await Task.sleep(for: .milliseconds(200))
                }
                try await writer.finish(nil)
            })
    }
}
