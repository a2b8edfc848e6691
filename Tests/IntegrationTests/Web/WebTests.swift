import Foundation
import Synchronization
import TestSupport
import Testing

extension OnRealServers {
    /// The pages in a browser, with real runs behind them.
    @Suite(.serialized, .enabled(if: Browser.driver != nil, "there is no chromedriver")) struct WebTests {
        /// Starts `storelab web` and a browser.
        private func withPages(
            _ laboratory: Laboratory, at address: String = "127.0.0.1",
            _ body: @escaping @Sendable (Browser, String) async throws -> Void
        ) async throws {
            let port = try Self.freePort()
            let command = ["web", "--address", address, "--port", "\(port)", "--output", laboratory.output]
            let ending = try await laboratory.storelab(command) { pid in
                defer { kill(pid, SIGINT) }
                try await Browser.with(folder: laboratory.folder) { browser in
                    let base = "http://127.0.0.1:\(port)/"
                    for _ in 0..<200 {
                        if (try? await browser.open(base)) != nil { break }
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    try await body(browser, base)
                    let requests = try await browser.requests()
                    #expect(requests.count > 4)
                    #expect(
                        requests.allSatisfy { address in
                            [base, "data:", "chrome:", "blob:\(base)"].contains { address.hasPrefix($0) }
                        },
                        "\(requests)")
                    #expect(try await browser.complaints() == [])
                }
            }
            #expect(ending.code == 130, "\(ending.errors)")
        }

        /// Nobody else takes it in the moment until it is used.
        private static func freePort() throws -> Int {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(socket) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let port = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
                }
            }
            try #require(port)
            return Int(address.sin_port.bigEndian)
        }

        /// A student's path, by keyboard alone: choose experiment 2, start it, see its ladder and its answer, open the report,
        /// download the PDF.
        @Test func aLimitIsSearchedWatchedAndReported() async throws {
            try await Laboratory.with { laboratory in
                let laboratory = try Self.withLittleData(laboratory)
                try await withPages(laboratory) { browser, base in
                    try await browser.tab(to: "a[href=\"run?file=02-mysql-limit.yaml\"]")
                    try await browser.press(Self.enter)
                    try await browser.wait(until: "document.querySelector('#stack')")
                    try await browser.tab(to: "#stack")
                    try await browser.press("l")
                    #expect(
                        try await browser.evaluate("return document.querySelector('#stack').value") as? String
                            == "local")
                    try await browser.tab(to: "#quick")
                    try await browser.press(" ")
                    try await browser.tab(to: "form[action=start] button")
                    try await browser.press(Self.enter)
                    try await browser.wait(until: "document.body.dataset.state === 'running'")
                    // A second tab that presses Start is told.
                    let second = try await browser.evaluate(
                        "const r = new XMLHttpRequest(); r.open('POST', 'start', false); r.setRequestHeader("
                            + "'Content-Type', 'application/x-www-form-urlencoded'); r.send('file=02-mysql-limit.yaml&repeats=1'); "
                            + "return r.status")
                    #expect(second as? Int == 409)
                    try await browser.wait(until: "document.querySelector('[data-live=search] tbody tr')")
                    #expect(
                        try await browser.evaluate(
                            "return document.querySelectorAll('[data-live=chart-ladder] :is(circle.passed, line.failed)').length > 0"
                        )
                            as? Bool == true)
                    // A page that is loaded again shows the run from its first second.
                    try await browser.open(base + "run")
                    try await browser.wait(
                        until: "document.querySelectorAll('[data-live=seconds] tbody tr').length > 3")
                    let first = try await browser.text("[data-live=seconds] tbody tr:last-child td")
                    #expect(first.hasPrefix("0"))
                    #expect(try await Self.state(of: browser) == "running")
                    try await Self.checkWithAxe(browser, base + "run")
                    try await browser.open(base + "run?lang=en")
                    try await browser.wait(until: "document.body.dataset.state === 'over'")
                    try await browser.wait(until: "document.querySelector('[data-live=answers] .answer')")
                    try await Self.checkWithAxe(browser, base + "run")
                    try await browser.open(base + "run?lang=en")
                    let numbers = try await PageNumbers(on: browser, of: laboratory.output + "/latest")
                    numbers.compareWithData()

                    try await browser.tab(to: "[data-live=answers] a[href*=\"report.pdf\"]")
                    try await browser.press(Self.enter)
                    let pdf = try await Self.downloaded(".pdf", in: laboratory.folder)
                    #expect(pdf.starts(with: Data("%PDF".utf8)) && pdf.count > 10_000)
                    try await browser.open(base + "run")
                    try await browser.tab(to: "[data-live=answers] a.button")
                    try await browser.press(Self.enter)
                    try await browser.wait(until: "document.querySelector('h1') && document.title.includes('20')")
                    try await numbers.compareWithReport(on: browser)
                    try await browser.open(base + "runs")
                    try await Self.checkWithAxe(browser, base + "runs")
                }
            }
        }

        /// The experiments of the real checkout, of which the second has data that are loaded at once.
        private static func withLittleData(_ laboratory: Laboratory) throws -> Laboratory {
            var laboratory = laboratory
            laboratory.checkout = laboratory.folder + "/checkout"
            let files = FileManager.default
            try files.createDirectory(atPath: laboratory.checkout, withIntermediateDirectories: true)
            try files.copyItem(atPath: Laboratory.home + "/experiments", toPath: laboratory.checkout + "/experiments")
            try files.createSymbolicLink(
                atPath: laboratory.checkout + "/templates", withDestinationPath: Laboratory.home + "/templates")
            let file = laboratory.checkout + "/experiments/02-mysql-limit.yaml"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let small = text.replacing(
                /dataset: \{.*\}/, with: "dataset: { users: 100, products: 100, orders: 200, seed: 42 }")
            #expect(small != text)
            try Data(small.utf8).write(to: URL(filePath: file))
            return laboratory
        }

        private static let enter = "\u{E007}"

        private static func state(of browser: Browser) async throws -> String? {
            try await browser.evaluate("return document.body.dataset.state") as? String
        }

        /// The only new file of an ending in a folder, once it is whole.
        private static func downloaded(_ ending: String, in folder: String) async throws -> Data {
            for _ in 0..<1200 {
                let names = try FileManager.default.contentsOfDirectory(atPath: folder)
                if let name = names.first(where: { $0.hasSuffix(ending) }) {
                    return try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
                }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw Browser.Trouble(description: "nothing was downloaded")
        }

        /// The page in languages and colours; without axe nothing is checked, as the test of all pages says.
        private static func checkWithAxe(_ browser: Browser, _ page: String) async throws {
            guard Axe.script != nil else { return }
            for (language, scheme) in Axe.views {
                try await browser.colours(scheme)
                try await browser.open(page + (page.contains("?") ? "&" : "?") + "lang=\(language)")
                #expect(try await browser.axe() == [], "\(page) \(language) \(scheme)")
            }
        }

        /// Nobody is kept out: contrast, names, roles, order, of every page that is there without a run.
        @Test(.enabled(if: Axe.script != nil, "\(Axe.missing)")) func axeFindsNothingSeriousOnAnyPage() async throws {
            try await Laboratory.with { laboratory in
                for name in ["sample", "again"] {
                    try FileManager.default.copyItem(
                        atPath: Laboratory.home + "/output/sample", toPath: laboratory.output + "/\(name)")
                }
                try await withPages(laboratory) { browser, base in
                    for page in [
                        "compare?a=sample&b=again",
                        "experiments", "experiment?file=02-mysql-limit.yaml", "run", "runs", "try", "delete?run=sample",
                        "nothing-here", "file?run=none&name=report.html",
                    ] {
                        try await Self.checkWithAxe(browser, base + page)
                    }
                }
            }
        }

        /// Who has no token is told why, and can enter one.
        @Test(.enabled(if: Axe.script != nil, "\(Axe.missing)")) func axeFindsNothingSeriousWhereATokenIsAskedFor()
            async throws
        {
            try await Laboratory.with { laboratory in
                try await withPages(laboratory, at: "0.0.0.0") { browser, base in
                    for page in ["", "runs", "?token=wrong"] {
                        try await Self.checkWithAxe(browser, base + page)
                        #expect(
                            try await browser.evaluate("return document.querySelector('#token') !== null") as? Bool
                                == true)
                    }
                }
            }
        }

        @Test func twoRunsAreShownOverEachOther() async throws {
            try await Laboratory.with { laboratory in
                for name in ["one", "other"] {
                    try FileManager.default.copyItem(
                        atPath: Laboratory.home + "/output/sample", toPath: laboratory.output + "/\(name)")
                }
                try await withPages(laboratory) { browser, base in
                    try await browser.open(base + "runs?lang=en")
                    try await browser.tab(to: "form[action=compare] button")
                    try await browser.press(Self.enter)
                    try await browser.wait(until: "document.querySelector('.comparison h1')")
                    let text = try await browser.text("main")
                    // The same record cannot differ.
                    #expect(text.contains("No difference shown between the two runs."), "\(text.prefix(800))")
                    let rows = "document.querySelectorAll('.comparison .table tbody tr').length"
                    #expect((try await browser.evaluate("return \(rows)") as? Int ?? 0) > 10)
                    // Both lines in one drawing, and the limits of the three searches with their intervals.
                    let lines = "document.querySelectorAll('.comparison svg .s0, .comparison svg .s1').length"
                    #expect((try await browser.evaluate("return \(lines)") as? Int ?? 0) >= 20)
                    let limits = "document.querySelectorAll('.comparison svg .range').length"
                    #expect((try await browser.evaluate("return \(limits)") as? Int ?? 0) == 6)
                    try await browser.open(base + "compare?a=one&b=none")
                    #expect(try await browser.text("h1") == "Not found")
                }
            }
        }

        /// Keys and values of the schema where the cursor is, by keyboard.
        @Test func aDefinitionIsCompletedFromItsSchema() async throws {
            try await Laboratory.with { laboratory in
                try await withPages(laboratory) { browser, base in
                    try await browser.open(base + "experiment?lang=en")
                    try await browser.wait(until: "document.getElementById('proposals')")
                    _ = try await browser.evaluate(
                        "const t = document.getElementById('text'); t.value = 'name: x\\nstack:\\n  \\nload:\\n  tasks:\\n'; t.focus(); "
                            + "t.setSelectionRange(17, 17)")
                    func shown() async throws -> [String] {
                        try await browser.evaluate(
                            "return [...document.querySelectorAll('#proposals:not([hidden]) code')].map((one) => one.textContent)"
                        )
                            as? [String] ?? []
                    }
                    func text() async throws -> String {
                        try await browser.evaluate("return document.getElementById('text').value") as? String ?? ""
                    }
                    try await browser.press("ba")
                    #expect(try await shown() == ["backend", "balancer"].filter { $0.hasPrefix("ba") })
                    // Down and Enter; then the values.
                    try await browser.press("\u{E015}\u{E007}")
                    #expect(try await text().contains("stack:\n  backend: \nload:"))
                    #expect(try await shown().contains("mysql"))
                    try await browser.press("my\u{E015}\u{E007}")
                    #expect(try await text().contains("stack:\n  backend: mysql\nload:"))
                    #expect(try await shown() == [])
                    // What is there is not proposed again, and Enter makes a line as long as nothing is chosen.
                    try await browser.press("\u{E007}  b")
                    #expect(try await shown() == ["balancer"])
                    try await browser.press("\u{E00C}\u{E003}\u{E007}  x\u{E003}")
                    #expect(try await text().contains("backend: mysql\n  \n  \nload:"))
                    // A list's items, at the end.
                    _ = try await browser.evaluate(
                        "const t = document.getElementById('text'); t.setSelectionRange(t.value.length, t.value.length)"
                    )
                    try await browser.press("    - na\u{E015}\u{E007}")
                    #expect(try await text().hasSuffix("tasks:\n    - name: "))
                    // With faults and their places as before.
                    try await browser.wait(until: "document.querySelector('#faults').textContent.includes('Line')")
                    // A fault leads to its line.
                    let lines = try await browser.evaluate(
                        "const t = document.getElementById('text'); const b = document.querySelector('#faults [data-line]'); b.click(); "
                            + "return [Number(b.dataset.line), t.value.slice(0, t.selectionStart).split('\\n').length]")
                    #expect((lines as? [Int]).map { $0[0] == $0[1] } == true, "\(lines)")
                    // Inside brackets too.
                    _ = try await browser.evaluate(
                        "const t = document.getElementById('text'); t.value = 'stack:\\n  dataset: { seed: 4,  }\\n'; t.focus(); "
                            + "const at = t.value.indexOf(' }'); t.setSelectionRange(at, at)")
                    try await browser.press("u")
                    #expect(try await shown() == ["users"])
                    try await browser.press("\u{E015}\u{E007}5, p")
                    #expect(try await shown() == ["products"])
                    try await browser.press("\u{E015}\u{E007}")
                    #expect(try await text().contains("{ seed: 4, users: 5, products:  }"))
                }
            }
        }

        /// The report of the sample, all its parts opened.
        @Test(.long, .enabled(if: Axe.script != nil, "\(Axe.missing)")) func axeFindsNothingSeriousInTheReport()
            async throws
        {
            try await Laboratory.with { laboratory in
                try FileManager.default.copyItem(
                    atPath: Laboratory.home + "/output/sample", toPath: laboratory.output + "/sample")
                let ending = try await laboratory.storelab(["report", "sample", "--output", laboratory.output])
                #expect(ending.code == 0, "\(ending.errors)")
                try await Browser.with(folder: laboratory.folder) { browser in
                    for name in ["report", "rapport"] {
                        for scheme in ["light", "dark"] {
                            try await browser.colours(scheme)
                            try await browser.open("file://\(laboratory.output)/sample/\(name).html")
                            #expect(try await browser.axe() == [], "\(name) \(scheme)")
                        }
                    }
                }
            }
        }

        /// From the end of a second, by the clock of the server that is loaded, to its point on the page; and what the page
        /// keeps after as many updates as an hour has.
        @Test func secondsComeAtOnceAndThePageKeepsNoneOfThem() async throws {
            let times = Mutex<[Double]>([])
            let target = try RecordingServer { _ in
                times.withLock { $0.append(Date().timeIntervalSince1970) }
                return RecordingServer.Answer()
            }
            defer { target.stop() }
            try await Laboratory.with { laboratory in
                try await withPages(laboratory) { browser, base in
                    try await browser.open(base + "try?lang=en")
                    _ = try await browser.evaluate(
                        """
                        const set = (id, value) => { document.getElementById(id).value = value; };
                        set("url", "http://127.0.0.1:\(target.port)/"); set("users", "10"); set("thinkTime", "50ms");
                        set("duration", "12s"); document.getElementById("url").focus()
                        """)
                    try await browser.press(Self.enter)
                    try await browser.wait(until: "document.body.dataset.state === 'running'")
                    _ = try await browser.evaluate(
                        """
                        window.seen = [];
                        const place = document.querySelector("[data-live=numbers]");
                        const total = () => Number(place.querySelectorAll("dd")[7]?.textContent.replace(/\\D/g, ""));
                        new MutationObserver(() => requestAnimationFrame(() => {
                          if (total() && total() !== seen.at(-1)?.[1]) seen.push([Date.now() / 1000, total()]);
                        })).observe(place, { childList: true, subtree: true })
                        """)
                    try await browser.wait(until: "document.body.dataset.state === 'over'")
                    let seen = try #require(try await browser.evaluate("return seen") as? [[Double]])
                    let sent = times.withLock { $0 }
                    #expect(seen.count > 5)
                    // What was asked before the load began is not among the page's requests.
                    let before = sent.count - Int(seen.last?[1] ?? 0)
                    let delays = seen.compactMap { point -> Double? in
                        let place = Int(point[1]) + before - 1
                        return sent.indices.contains(place) ? point[0] - sent[place] : nil
                    }.sorted()
                    let (median, highest) = (try #require(delays.dropFirst(delays.count / 2).first), delays.last ?? 0)
                    print(
                        "From a second's end to its point on the page: median \(Int(median * 1000)) ms, "
                            + "highest \(Int(highest * 1000)) ms of \(delays.count) seconds")

                    let update = """
                        const parts = Object.fromEntries([...places].map(([name, place]) => [name, place.innerHTML]));
                        for (let second = 0; second < 300; second++) {
                          apply({ ...parts, numbers: parts.numbers + second, seconds: parts.seconds + second });
                          for (const plot of document.querySelectorAll(".plot")) choose(plot, second);
                        }
                        """
                    _ = try await browser.evaluate(update)
                    let once = try await browser.kept()
                    for _ in 1...3 { _ = try await browser.evaluate(update) }
                    let later = try await browser.kept()
                    #expect(later.nodes < once.nodes + 500 && later.listeners <= once.listeners, "\(once) \(later)")
                }
            }
        }

        @Test func noPageIsWiderThanATelephone() async throws {
            try await Laboratory.with { laboratory in
                try await withPages(laboratory) { browser, base in
                    try await browser.narrow(to: 390)
                    for language in ["en", "fr"] {
                        for page in ["experiments", "experiment", "run", "runs", "try"] {
                            try await browser.open(base + page + "?lang=" + language)
                            let width =
                                try await browser.evaluate("return document.documentElement.scrollWidth") as? Int
                            #expect(width == 390, "\(page) \(language)")
                            let links =
                                "[...document.querySelectorAll('.top nav a')].filter((one) => one.offsetHeight > 0)"
                            #expect(try await browser.evaluate("return \(links).length") as? Int == 4)
                        }
                    }
                }
            }
        }

        /// Everything can be reached and used by the keyboard, and axe finds nothing while a load runs.
        @Test func chartsAndFormsAreUsedByTheKeyboard() async throws {
            try await Laboratory.with { laboratory in
                try await withPages(laboratory) { browser, base in
                    try await browser.open(base + "experiments")
                    try await browser.press("\u{E004}")
                    #expect(try await browser.evaluate("return document.activeElement.className") as? String == "skip")
                    try await browser.open(base + "try")
                    _ = try await browser.evaluate(
                        "const u = document.getElementById('url'); u.value = '\(base)page.css'; u.focus()")
                    try await browser.press("\u{E007}")
                    try await browser.wait(until: "document.body.dataset.state === 'running'")
                    try await browser.wait(
                        until: "document.querySelectorAll('[data-live=chart-rate] .strip').length > 2")
                    _ = try await browser.evaluate(
                        "document.querySelector('[data-live=chart-rate]').closest('.plot').focus()")
                    try await browser.press("\u{E011}")
                    let readout =
                        "[...document.querySelectorAll('.plot')].find(p => p.querySelector('[data-live=chart-rate]'))"
                        + ".querySelector('.readout').textContent"
                    #expect((try await browser.evaluate("return \(readout)") as? String)?.contains(": 0") == true)
                    // More users, while it runs.
                    _ = try await browser.evaluate(
                        "const w = document.getElementById('wanted'); w.value = 37; w.focus()")
                    try await browser.press("\u{E007}")
                    try await browser.wait(until: "document.querySelector('.figures dd')?.textContent === '37'")
                    try await Self.checkWithAxe(browser, base + "try")
                    #expect(try await Self.state(of: browser) == "running")
                    try await browser.open(base + "try?lang=en")
                    try await browser.click("form[action=stop] button")
                    try await browser.wait(until: "document.body.dataset.state === 'over'")
                    // The whole load, in the figures as in the table.
                    #expect(try await browser.text("[data-live=numbers] h2").hasPrefix("Whole load"))
                    let figures = try await browser.evaluate(
                        "return [...document.querySelectorAll('[data-live=numbers] dd')].map((one) => one.textContent)")
                    let row = try await browser.evaluate(
                        "const r = document.querySelector('[data-live=tasks] tbody tr:last-child'); "
                            + "return [...r.cells].slice(1).map((one) => one.textContent)")
                    #expect(figures as? [String] == row as? [String] && (row as? [String])?.contains("–") == false)
                    // What was asked for is there to be changed and started again.
                    try await browser.open(base + "try?lang=en")
                    let address = try await browser.evaluate("return document.getElementById('url').value")
                    #expect(address as? String == "\(base)page.css")
                    // The chart as an image.
                    try await browser.wait(until: "document.querySelector('.plot:not([hidden]) svg')")
                    try await browser.click(".plot:not([hidden]) button.save")
                    let image = try await Self.downloaded(".png", in: laboratory.folder)
                    #expect(image.starts(with: [0x89, 0x50, 0x4E, 0x47]) && image.count > 5000)
                }
            }
        }
    }
}
