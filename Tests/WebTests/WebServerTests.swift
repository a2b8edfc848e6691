import Foundation
import Model
import NIOCore
import Orchestrator
import Reporting
import Synchronization
import TestSupport
import Testing
import Web

/// The server itself, asked over its socket.
@Suite(.timed) struct WebServerTests {
    private static let name = MeasurementName(number: 1, experiment: "good")

    /// Runs that do nothing until they are stopped.
    private final class Laboratory: Sendable {
        let started = Mutex(0)
        let stopped = Mutex(0)
        let timeline = Mutex<Timeline?>(nil)

        var actions: WebActions {
            @Sendable func wait(_ timeline: Timeline) async throws {
                self.started.withLock { $0 += 1 }
                let entry = RunPlan.Entry(
                    name: WebServerTests.name, title: LocalizedText(english: "<b>Title</b>", french: "Titre ?"),
                    time: RunPlan.Estimate(bringUp: 0, load: 60),
                    tasks: ["<script>alert(1)</script>"], criteria: [], shape: .ramp([]))
                try timeline.tell(
                    .planned(RunPlan(run: "r", folder: nil, isQuick: false, stack: nil, entries: [entry])))
                try timeline.tell(.measurementBegan, of: WebServerTests.name)
                try timeline.tell(.phaseBegan(.load), of: WebServerTests.name)
                for second in 0..<90 {
                    let all = RunSecond.Requests(ended: 40 + second, p50: 0.01, p95: 0.02, p99: 0.03)
                    try timeline.tell(
                        .second(
                            RunSecond(
                                second: second, activity: .hold, users: 5, targetUsers: 5, inFlight: 0, all: all,
                                tasks: [all])), of: WebServerTests.name)
                }
                self.timeline.withLock { $0 = timeline }
                try? await Task.sleep(for: .seconds(600))
                self.stopped.withLock { $0 += 1 }
                try timeline.tell(.closed(RunClosing(isInterrupted: true)))
            }
            return WebActions(
                checkRun: { _ in }, run: { _, timeline in try await wait(timeline) }, checkLoad: { _ in },
                load: { _, timeline, _ in try await wait(timeline) }, produce: { _, _ in },
                compare: { _, _, _ in "" }, estimate: { _ in 60 })
        }
    }

    /// Read once for all tests, since it takes longer than most of them.
    private static let templates = Result { try readTemplates() }

    private static func readTemplates() throws -> WebTemplates {
        let home = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        func texts(_ folder: String) throws -> [String: String] {
            var texts: [String: String] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(home)/templates/\(folder)") {
                texts[name] = try String(contentsOfFile: "\(home)/templates/\(folder)/\(name)", encoding: .utf8)
            }
            return texts
        }
        return try WebTemplates(
            files: texts("web"), report: ReportTemplates(files: texts("report")),
            schema: String(contentsOfFile: "\(home)/templates/experiment.schema.json", encoding: .utf8))
    }

    private func withServer(
        token: String? = nil, patience: TimeAmount = .seconds(10),
        _ work: @escaping @Sendable (Client, Laboratory, String) async throws -> Void
    ) async throws {
        let files = FileManager.default
        let root = files.temporaryDirectory.appending(path: "storelab-server-\(UUID().uuidString)").path
        defer { try? files.removeItem(atPath: root) }
        for folder in ["experiments", "output/run"] {
            try files.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        try Data("name: [\n".utf8).write(to: URL(filePath: "\(root)/experiments/good.yaml"))
        try Data(HostilePathTests.secret.utf8).write(to: URL(filePath: "\(root)/secret.txt"))
        try Data("{}".utf8).write(to: URL(filePath: "\(root)/output/run/manifest.json"))
        try Data("the report".utf8).write(to: URL(filePath: "\(root)/output/run/report.html"))
        let templates = try Self.templates.get()
        let laboratory = Laboratory()
        let settings = WebSettings(
            gate: Gate(isLoopback: token == nil, publicNames: [], token: token), templates: templates,
            experiments: ExperimentShelf(path: "\(root)/experiments"), runs: RunShelf(path: "\(root)/output"),
            desk: RunDesk(board: LiveBoard(templates: templates)), actions: laboratory.actions)
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let server = Task {
            defer { running.finish() }
            try await WebServer(settings, host: "127.0.0.1", port: 0, patience: patience).run { running.yield($0) }
        }
        let port = try #require(await ports.first { _ in true })
        do {
            try await work(Client(port: port), laboratory, root)
        } catch {
            server.cancel()
            _ = await server.result
            throw error
        }
        server.cancel()
        try await server.value
    }

    @Test func pagesAreServedInTwoLanguagesAndLoadNothingFromElsewhere() async throws {
        try await withServer { client, _, _ in
            for route in ["", "experiments", "experiment", "run", "runs", "try", "delete?run=run"] {
                let english = await client.get("/\(route)")
                #expect(english.status == 200, "\(route): \(english.prefix(200))")
                #expect(
                    english.contains("Content-Security-Policy: default-src 'self';") && english.contains("lang=\"en\""))
                // With `no-referrer` browsers send `Origin: null` with a form of the page itself.
                #expect(english.contains("Referrer-Policy: same-origin"))
                // Under any path, with or without the proxy's part of it.
                #expect(await client.get("/some/where/\(route)").status == 200)
                #expect(
                    !english.contains("href=\"/") && !english.contains("src=\"/") && !english.contains("action=\"/"))
                #expect(!english.contains("style=") && !english.contains("onclick") && !english.contains("<script>"))
                let french = await client.get("/\(route)", headers: ["Accept-Language: fr-CA,fr"])
                #expect(french.contains("lang=\"fr\"") && french.contains("Résultats"))
            }
            let chosen = await client.get("/runs?lang=fr")
            #expect(chosen.contains("Set-Cookie: storelab-language=fr; Path=/; SameSite=Strict"))
            for file in ["page.css", "page.js", "complete.js", "schema.json", "report.css", "icon.svg"] {
                #expect(await client.get("/\(file)").status == 200)
            }
        }
    }

    @Test func pagesOfOthersAreRefused() async throws {
        try await withServer { client, laboratory, _ in
            #expect(await client.get("/", host: "evil.example").status == 421)
            #expect(await client.get("/live", host: "evil.example:80").status == 421)
            #expect(await client.get("/file?run=run&name=report.html", host: "evil.example").status == 421)
            for origin in [nil, "null", "http://evil.example", "http://localhost:3000"] as [String?] {
                for route in ["start", "stop", "delete", "experiment", "try", "users", "faults"] {
                    #expect(
                        await client.post("/\(route)", "file=good.yaml&run=run&repeats=1", origin: origin).status == 403
                    )
                }
            }
            let cross = await client.post("/start", "file=good.yaml", headers: ["Sec-Fetch-Site: cross-site"])
            #expect(cross.status == 403)
            for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
                let answer = await client.send(
                    "\(method) /runs HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nConnection: close\r\n\r\n"
                )
                #expect(answer.status == 405)
            }
            #expect(laboratory.started.withLock { $0 } == 0)
            #expect(await client.get("/runs").contains("delete?run=run"))
        }
    }

    @Test func withoutTheTokenNothingIsAnswered() async throws {
        try await withServer(token: "abc123") { client, _, _ in
            for target in ["/", "/runs", "/live", "/page.js", "/?token=wrong", "/?token="] {
                #expect(await client.get(target).status == 401)
            }
            let first = await client.get("/runs?token=abc123")
            #expect(first.status == 303 && first.contains("Location: runs\r\n"))
            #expect(first.contains("storelab-token=abc123; Path=/; SameSite=Strict") && first.contains("HttpOnly"))
            #expect(await client.get("/runs", headers: ["Cookie: storelab-token=abc123"]).status == 200)
            #expect(await client.get("/runs", headers: ["Cookie: storelab-token=abc124"]).status == 401)
        }
    }

    /// Whoever is not let in reads why and what to do, in their language, and gets nothing else.
    @Test func whoIsNotLetInIsToldWhy() async throws {
        try await withServer(token: "abc123") { client, _, _ in
            let none = await client.get("/runs")
            #expect(none.contains("<h1>These pages need a token</h1>") && none.contains("name=\"token\""))
            #expect(!none.contains("role=\"alert\"") && !none.contains("abc123") && !none.contains("<script"))
            #expect(none.contains("Content-Security-Policy: default-src 'none';") && none.contains("text/html"))
            #expect(await client.get("/?token=wrong").contains("This token is not valid."))
            #expect(
                await client.get("/", headers: ["Cookie: storelab-token=old", "Accept-Language: fr"])
                    .contains("Ce jeton n'est pas valable."))
            // The link of a new start counts more than the cookie of an earlier one.
            #expect(await client.get("/runs?token=abc123", headers: ["Cookie: storelab-token=old"]).status == 303)
            let host = await client.get("/", host: "evil.example", headers: ["Accept-Language: fr"])
            #expect(host.status == 421 && host.contains("<h1>Ce nom ne mène pas à StoreLab</h1>"))
            #expect(!host.contains("<form"))
            let origin = await client.post(
                "/stop", "", origin: "http://evil.example", headers: ["Cookie: storelab-token=abc123"])
            #expect(origin.status == 403 && origin.contains("so nothing was changed"))
        }
    }

    @Test func oneRunAtATimeAndStopTwiceIsFine() async throws {
        try await withServer { client, laboratory, _ in
            #expect(await client.post("/start", "file=good.yaml&repeats=1").status == 303)
            let second = await client.post("/start", "file=good.yaml&repeats=1")
            #expect(second.status == 409 && second.contains("already running"))
            #expect(await client.post("/try", "url=http://127.0.0.1:1/").status == 409)
            #expect(await client.post("/delete", "run=run").status == 409)
            #expect(laboratory.started.withLock { $0 } == 1)
            for _ in 1...2 { #expect(await client.post("/stop", "").status == 303) }
            while laboratory.stopped.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(5)) }
            // What has ended makes room for the next.
            var status = 409
            while status == 409 { status = await client.post("/start", "file=good.yaml&repeats=1").status }
            #expect(status == 303)
            #expect(await client.post("/start", "repeats=1").status == 422)
        }
    }

    @Test func aPageThatComesLateSeesTheRunFromItsBeginning() async throws {
        try await withServer { client, laboratory, _ in
            #expect(await client.post("/start", "file=good.yaml&repeats=1").status == 303)
            while laboratory.timeline.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(5)) }
            let page = await client.get("/run")
            #expect(page.contains("data-state=\"running\"") && page.contains("88–89") && page.contains("0–3"))
            let french = await client.get("/run", headers: ["Accept-Language: fr"])
            #expect(french.contains("Titre\u{A0}?"))
            // Markup in a name is text.
            #expect(!page.contains("<script>alert") && page.contains("&lt;b&gt;Title"))
            let stream = await client.send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n") { $0.contains("\n\n") }
            #expect(stream.contains("Content-Type: text/event-stream") && stream.contains("event: state"))
            #expect(stream.contains("id: ") && stream.contains("88–89") && stream.contains("0–3"))
            let timeline = try #require(laboratory.timeline.withLock { $0 })
            async let next = client.send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n") { $0.contains("a late note") }
            try await Task.sleep(for: .milliseconds(50))
            try timeline.tell(.note("a late note"), of: Self.name)
            let told = await next
            #expect(told.contains("a late note"))
            // What has not changed is not sent again.
            let last = told.components(separatedBy: "event: state").last ?? ""
            #expect(told.components(separatedBy: "event: state").count == 2 || !last.contains("chart-latency"))
        }
    }

    /// No second is the newest any more: what is left are the figures of the whole load.
    @Test func atItsEndTheWholeLoadIsShown() async throws {
        try await withServer { client, laboratory, _ in
            #expect(await client.post("/start", "file=good.yaml&repeats=1").status == 303)
            while laboratory.timeline.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(await client.get("/run").contains("In flight"))
            #expect(await client.post("/stop", "").status == 303)
            var page = ""
            while !page.contains("data-state=\"over\"") { page = await client.get("/run") }
            let total = (0..<90).reduce(0) { $0 + 40 + $1 }
            #expect(total == 7605 && page.contains("<dd>7,605</dd>") && page.contains("<td class=\"n\">7,605</td>"))
            #expect(
                page.contains("Whole load, ramps included: 1\u{A0}min\u{A0}30\u{A0}s") && !page.contains("In flight"))
        }
    }

    /// A viewer that stops reading is cut off, and the others see every change meanwhile.
    @Test func aViewerThatStopsReadingIsDropped() async throws {
        try await withServer(patience: .seconds(1)) { client, laboratory, _ in
            #expect(await client.post("/start", "file=good.yaml&repeats=1").status == 303)
            while laboratory.timeline.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(5)) }
            let timeline = try #require(laboratory.timeline.withLock { $0 })
            async let reader = client.send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n") {
                $0.contains("the last note")
            }
            let stalled = try StalledClient(port: client.port, "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            defer { stalled.close() }
            while !stalled.isServed { try await Task.sleep(for: .milliseconds(5)) }
            // Until it is more than the system keeps for a connection.
            let padding = String(repeating: "x", count: 100_000)
            for number in 1...90 where stalled.isServed {
                try timeline.tell(.note("\(number) \(padding)"), of: Self.name)
                try await Task.sleep(for: .milliseconds(250))
            }
            #expect(!stalled.isServed)
            try timeline.tell(.note("the last note"), of: Self.name)
            let told = await reader
            #expect(told.contains("the last note") && told.contains("<li>1 xxx"))
        }
    }

    /// Six hours, told at once: what is kept and shown is as large as after one, and the totals count all.
    @Test func whatIsKeptOfALongRunIsBounded() async throws {
        let hours = 6
        try await withServer { client, laboratory, _ in
            #expect(await client.post("/start", "file=good.yaml&repeats=1").status == 303)
            while laboratory.timeline.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(5)) }
            let timeline = try #require(laboratory.timeline.withLock { $0 })
            var sizes: [Int] = []
            for hour in 0..<hours {
                for second in (hour * 3600)..<((hour + 1) * 3600) { try Self.tell(timeline, second: 90 + second) }
                // What is shown is at most as old as the stream's pause.
                var page = ""
                while !page.contains("second \((hour + 1) * 3600 + 89)") { page = await client.get("/run") }
                sizes.append(page.utf8.count)
            }
            let history = try #require(timeline.history.measurements.first)
            #expect(history.seconds.elements.count <= MeasurementHistory.mostSeconds)
            #expect(history.usage.elements.count <= MeasurementHistory.mostSeconds)
            #expect(history.decisions.count == MeasurementHistory.mostDecisions)
            #expect(history.decisions.count + history.decisionsBefore == hours * 360)
            #expect(history.notes.count <= 100 && history.losses.count <= 100)
            #expect(history.failures.count == 1 && history.failures[0].count == hours * 3600)
            // The seconds before, and these.
            #expect(history.total.ended == (0..<90).reduce(0) { $0 + 40 + $1 } + hours * 3600 * 50)
            let first = try #require(sizes.first)
            #expect(sizes.allSatisfy { Double($0) < 1.3 * Double(first) }, "\(sizes)")
        }
    }

    private static func tell(_ timeline: Timeline, second: Int) throws {
        let latency = 0.01 + Double(second % 17) / 1000
        let all = RunSecond.Requests(
            ended: 50, failures: [.timeout: 1], mean: latency, p50: latency, p90: latency, p95: 2 * latency,
            p99: 3 * latency)
        try timeline.tell(
            .second(
                RunSecond(
                    second: second, activity: .hold, users: second % 500, targetUsers: second % 500, inFlight: 1,
                    all: all, tasks: [all], generatorCPU: 0.2)), of: name)
        try timeline.tell(
            .usage(UsageSample(time: Double(second), cores: ["store-1": 0.5], memory: ["store-1": 100_000_000])),
            of: name)
        guard second % 10 == 9 else { return }
        let step = LoadStep(
            users: second % 500, purpose: .trial, rampBegan: Double(second - 9), plateauBegan: second - 8,
            plateauEnded: second,
            passed: second % 20 == 9)
        try timeline.tell(.stepEnded(StepDecision(step: step, verdicts: [])), of: name)
        try timeline.tell(.note("second \(second)"), of: name)
        try timeline.tell(.lost(ComponentLoss(component: "store-1", second: second), story: "lost"), of: name)
    }

    @Test func noPathShowsWhatLiesElsewhere() async throws {
        try await withServer { client, _, _ in
            #expect(await client.get("/file?run=run&name=report.html").contains("the report"))
            for (number, name) in HostilePathTests.names.enumerated() {
                let value = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let path = name.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? ""
                let targets = [
                    "/experiment?file=\(value)", "/file?run=\(value)&name=report.html", "/file?run=run&name=\(value)",
                    "/\(path)", "/delete?run=\(value)",
                ]
                // Each name in all places in the full tests, else in one after the other; what is behind them is tried with all
                // by `HostilePathTests`.
                for target in Tier.isFull ? targets : [targets[number % targets.count]] {
                    let answer = await client.get(target)
                    #expect(!answer.contains(HostilePathTests.secret) && !answer.contains("root:"), "\(target)")
                }
            }
        }
    }

    @Test func anExperimentIsCheckedAndSavedAsANewFile() async throws {
        try await withServer { client, _, root in
            let fault = await client.post("/faults", "text=name%3A+x%0A")
            #expect(fault.contains("Line 1, column") && !fault.contains("in English"))
            let french = await client.post("/faults", "text=name%3A+x%0A", headers: ["Accept-Language: fr"])
            #expect(french.contains("Ligne 1, colonne") && french.contains("<span lang=\"en\">"))
            #expect(french.contains("Les erreurs sont décrites en anglais"))
            let broken = await client.post("/experiment", "action=save&name=new&text=name%3A+x%0A")
            #expect(broken.status == 422 && broken.contains("name: x"))
            let there = await client.post("/experiment", "action=save&name=..%2Fevil&text=name%3A+x%0A")
            #expect(there.status == 409)
            let files = try FileManager.default.contentsOfDirectory(atPath: "\(root)/experiments")
            #expect(files == ["good.yaml"])
            let huge = await client.post("/faults", "text=" + String(repeating: "a", count: 3_200_000))
            #expect(huge.isEmpty || huge.status == 413)
        }
    }

    @Test func aRunIsDeletedAfterAQuestion() async throws {
        try await withServer { client, _, root in
            #expect(await client.get("/delete?run=run").contains("cannot be undone"))
            #expect(await client.get("/delete?run=other").status == 404)
            #expect(FileManager.default.fileExists(atPath: "\(root)/output/run/report.html"))
            #expect(await client.post("/delete", "run=run").status == 303)
            #expect(!FileManager.default.fileExists(atPath: "\(root)/output/run"))
        }
    }

    @Test func aPortThatIsTakenIsSaid() async throws {
        try await withServer { client, laboratory, root in
            let templates = try Self.templates.get()
            let settings = WebSettings(
                gate: Gate(isLoopback: true, publicNames: [], token: nil), templates: templates,
                experiments: ExperimentShelf(path: root), runs: RunShelf(path: root),
                desk: RunDesk(board: LiveBoard(templates: templates)), actions: nil)
            await #expect {
                try await WebServer(settings, host: "127.0.0.1", port: client.port).run()
            } throws: { ($0 as? Problem)?.message.contains("is taken") == true }
        }
    }
}
