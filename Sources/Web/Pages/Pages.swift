import HTTPTypes
import Hummingbird
import Reporting

/// The pages by their route. Every link in them is relative.
struct Pages: Sendable {
    let settings: WebSettings
    let visit: Visit
    let words: WebWords

    init(settings: WebSettings, visit: Visit) {
        self.settings = settings
        self.visit = visit
        words = settings.templates.words(of: visit.language)
    }

    func answer() async -> Response {
        if visit.method == .post { return await change() }
        switch visit.route {
        case "", "experiments": return .page(experimentsPage())
        case "experiment": return experimentPage(text: nil)
        case "run": return .page(await runPage())
        case "live": return live()
        case "runs": return .page(runsPage())
        case "compare": return await comparePage()
        case "delete": return deletePage()
        case "file": return await file()
        case "try": return .page(await tryPage())
        case "icon.svg": return .text(Self.icon, type: "image/svg+xml")
        case "page.js", "complete.js":
            return .text(settings.templates.files[visit.route] ?? "", type: "text/javascript; charset=utf-8")
        case "schema.json": return .text(settings.templates.schema, type: "application/json")
        case "page.css", "report.css":
            return .text(settings.templates.files[visit.route] ?? "", type: "text/css; charset=utf-8")
        default: return notFound()
        }
    }

    private func change() async -> Response {
        switch visit.route {
        case "stop":
            await settings.desk.stop()
            return .see(await settings.desk.running == .load ? "try" : "run")
        case _ where settings.actions == nil: return notFound()
        case "start": return await start()
        case "experiment": return saveExperiment()
        case "faults": return .text(faults(in: visit.form["text"] ?? "").text, type: "text/html; charset=utf-8")
        case "delete": return await delete()
        case "try": return await startLoad()
        case "users": return await changeUsers()
        default: return notFound()
        }
    }

    func notFound() -> Response {
        .page(
            shell("notFound", current: nil, "<h1>\(words("notFound"))</h1><p>\(words("notFoundHint"))</p>"),
            status: .notFound)
    }

    private static let icon =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\"><rect width=\"16\" height=\"16\" rx=\"3\" "
        + "fill=\"#0b6fb8\"/><path d=\"M2 12l4-5 3 3 5-7\" fill=\"none\" stroke=\"#fff\" stroke-width=\"2\"/></svg>"

    private static let places = [
        ("experiments", "navExperiments"), ("run", "navRun"), ("runs", "navRuns"), ("try", "navTry"),
    ]

    /// What stands around every page.
    /// - Parameters:
    ///   - title: a name of the words.
    ///   - current: the place in the navigation.
    ///   - state: of what the page shows live; nil where it shows nothing.
    func shell(_ title: String, current: String?, state: String? = nil, _ content: Markup) -> Markup {
        let other: Language = words.language == .french ? .english : .french
        let links = Self.places.filter { settings.actions != nil || $0.0 == "run" }.map { route, name -> Markup in
            let mark: Markup = route == current ? " aria-current=\"page\"" : .none
            return "<li><a href=\"\(route)\"\(mark)>\(words(name))</a></li>"
        }
        let live: Markup =
            state.map { " data-state=\"\($0)\" data-lost=\"\(words("connectionLost"))\"" } ?? .none
        let otherName = other == .french ? "Français" : "English"
        return """
            <!doctype html>
            <html lang="\(words.language.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(words(title)) · StoreLab</title>
            <link rel="icon" href="icon.svg">
            <link rel="stylesheet" href="report.css">
            <link rel="stylesheet" href="page.css">
            <script src="page.js" defer></script>
            </head>
            <body\(live)>
            <a class="skip" href="#main">\(words("skip"))</a>
            <header class="top"><span class="brand">StoreLab</span>
            <nav aria-label="\(words("navigation"))"><ul>\(links)</ul></nav>
            <a class="language" href="?\(visit.query(in: other))" lang="\(other.rawValue)" hreflang="\(other.rawValue)">\(otherName)</a>
            </header>
            <p id="connection" role="status"></p>
            <main id="main">
            \(content)
            </main>
            </body>
            </html>
            """
    }

    func alert(_ text: String?) -> Markup {
        text.map { "<p class=\"alarm box\" role=\"alert\">\($0)</p>" } ?? .none
    }

    /// The elements whose content is kept up to date, by name.
    func live(_ name: String, _ texts: [String: String]) -> Markup {
        "<div data-live=\"\(name)\">\(Markup(html: texts[name] ?? ""))</div>"
    }

    /// A chart that can be read by pointer and by keyboard, and saved as an image.
    func plot(_ name: String, _ texts: [String: String]) -> Markup {
        """
        <div class="plot" tabindex="0" role="group" aria-label="\(words("chartKeys"))">\(live(name, texts))
        <p class="readout" aria-live="polite"></p>\(saveButton(of: name))</div>
        """
    }

    /// A drawing that can be saved as an image.
    func picture(_ name: String, _ texts: [String: String]) -> Markup {
        "<div class=\"picture\">\(live(name, texts))\(saveButton(of: name))</div>"
    }

    private func saveButton(of chart: String) -> Markup {
        let name: Markup = "<span class=\"unseen\">: \(words(chart))</span>"
        return "<button type=\"button\" class=\"save\">\(words("saveImage"))\(name)</button>"
    }
}
