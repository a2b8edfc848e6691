import HTTPTypes
import Hummingbird
import Model
import Reporting

/// The generator alone against a URL.
extension Pages {
    func tryPage(problem: String? = nil, form: Form? = nil) async -> Markup {
        let (_, kind, texts) = await settings.desk.board.fragments(words.language)
        let running = await settings.desk.running
        let state = running == .run ? "other" : kind == .run ? "idle" : texts["state"] ?? "idle"
        let other: Markup =
            running == .run
            ? "<p class=\"box\">\(words("runGoesOn")) <a href=\"run\">\(words("navRun"))</a></p>" : .none
        let shown = kind == .run ? [:] : texts
        // That a load may leave this machine is asked anew each time.
        let remote: Markup = form?["remote"] != nil ? " checked" : .none
        let remembered = await settings.desk.lastLoad
        let form = form ?? remembered
        let now = await settings.desk.users.map { "\($0)" } ?? form?["users"] ?? "10"
        let fields = [("users", "10"), ("spawnRate", "10/s"), ("thinkTime", "1s..3s"), ("duration", "5m")]
            .map { name, usual -> Markup in
                """
                <p><label for="\(name)">\(words("load-" + name))</label>
                <input id="\(name)" name="\(name)" value="\(form?[name] ?? usual)" autocomplete="off"></p>
                """
            }
        return shell(
            "navTry", current: "try", state: state,
            """
            <h1>\(words("navTry"))</h1><p>\(words("tryIntro"))</p>\(alert(problem))\(other)
            <form class="when-idle" method="post" action="try">
            <p class="wide"><label for="url">\(words("load-url"))</label>
            <input id="url" name="url" required value="\(form?["url"] ?? "http://127.0.0.1:8080/")"></p>
            <div class="fields">\(fields)</div>
            <p><input type="checkbox" id="remote" name="remote" value="yes"\(remote)> <label for="remote">\(words("load-remote"))</label></p>
            <p><button class="button">\(words("start"))</button></p>
            </form>
            <div class="monitor" data-kind="load">
            \(live("head", shown))
            <form class="when-running row" method="post" action="users" data-quiet="users">
            <label for="wanted">\(words("changeUsers"))</label>
            <input id="wanted" name="users" type="number" min="0" max="\(Steering.room)" value="\(now)">
            <button>\(words("change"))</button></form>
            <form class="when-running" method="post" action="stop"><p><button class="button danger">\(words("stop"))</button></p></form>
            \(live("numbers", shown))\(live("validity", shown))
            \(details(shown))
            </div>
            """)
    }

    func startLoad() async -> Response {
        guard let actions = settings.actions else { return notFound() }
        let form = visit.form
        let wish = LoadWish(
            url: form.text("url") ?? "", users: form.text("users") ?? "", spawnRate: form.text("spawnRate") ?? "",
            thinkTime: form.text("thinkTime") ?? "", duration: form.text("duration") ?? "",
            isRemoteAllowed: form["remote"] != nil)
        do {
            try actions.checkLoad(wish)
            let steering = Steering()
            try await settings.desk.start(.load, steering: steering) { try await actions.load(wish, $0, steering) }
            await settings.desk.remember(form)
            return .see("try")
        } catch let refusal as RunDesk.Refusal {
            return .page(
                await tryPage(problem: words(refusal == .busy ? "busy" : "closing"), form: form), status: .conflict)
        } catch {
            return .page(await tryPage(problem: "\(error)", form: form), status: .unprocessableContent)
        }
    }

    func changeUsers() async -> Response {
        guard let users = visit.form.text("users").flatMap({ Int($0) }), (0...Steering.room).contains(users) else {
            let problem = words("usersRange", ["most": words.numbers.integer(Steering.room)])
            return .page(await tryPage(problem: problem), status: .unprocessableContent)
        }
        guard await settings.desk.steer(users: users) else {
            return .page(await tryPage(problem: words("noLoad")), status: .conflict)
        }
        return .see("try")
    }
}
