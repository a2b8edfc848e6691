import Hummingbird
import Model
import Reporting

/// Two runs beside each other.
extension Pages {
    /// Which two; the newest against the one before it to begin with.
    func compareForm(_ entries: [RunShelf.Entry]) -> Markup {
        let readable = entries.filter { $0.manifest != nil }.prefix(200)
        guard settings.actions != nil, readable.count > 1 else { return .none }
        let fields = [("a", 1), ("b", 0)].map { name, usual -> Markup in
            let chosen = visit.query[name] ?? readable[usual].name
            let options = readable.map { entry -> Markup in
                let mark: Markup = entry.name == chosen ? " selected" : .none
                return "<option value=\"\(entry.name)\"\(mark)>\(entry.name)</option>"
            }
            return """
                <p><label for="compare-\(name)">\(words("compare-" + name))</label>
                <select id="compare-\(name)" name="\(name)">\(options)</select></p>
                """
        }
        return """
            <form class="box compare" method="get" action="compare"><div class="fields">\(fields)
            <p><button>\(words("compare"))</button></p></div></form>
            """
    }

    func comparePage() async -> Response {
        guard let actions = settings.actions, let a = visit.query["a"], let b = visit.query["b"],
            let first = settings.runs.run(a), let second = settings.runs.run(b)
        else { return notFound() }
        let form = compareForm(settings.runs.entries)
        do {
            let body = Markup(html: try await actions.compare(first, second, words.language))
            return .page(shell("compareTitle", current: "runs", "<div class=\"comparison\">\(body)</div>\(form)"))
        } catch {
            return .page(
                shell("compareTitle", current: "runs", "<h1>\(words("compareTitle"))</h1>\(alert("\(error)"))\(form)"),
                status: .unprocessableContent)
        }
    }
}
