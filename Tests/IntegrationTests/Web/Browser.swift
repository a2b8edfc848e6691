import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Chromium, driven by its own program by the W3C's WebDriver protocol.
struct Browser: Sendable {
    static let driver = ["/usr/bin/chromedriver", "/usr/lib/chromium-browser/chromedriver"]
        .first(where: FileManager.default.isExecutableFile)

    struct Trouble: Error, CustomStringConvertible {
        var description: String
    }

    private let session: String

    /// Runs a body with a browser of its own, which has no window.
    /// - Parameter folder: where it puts its files.
    static func with(
        folder: String, _ body: @escaping @Sendable (Browser) async throws -> Void
    ) async throws {
        guard let driver else { throw Trouble(description: "there is no chromedriver") }
        _ = try await Subprocess.run(
            .path(FilePath(driver)), arguments: ["--port=0"],
            environment: .inherit.updating(["HOME": .some(folder), "TMPDIR": .some(folder)]),
            input: .none, output: .sequence, error: .discarded
        ) { execution in
            var text = ""
            for try await part in execution.standardOutput.strings() {
                text += part
                guard let port = text.firstMatch(of: /successfully on port (\d+)/).flatMap({ Int($0.1) }) else {
                    continue
                }
                let browser = try await Browser.begin(driver: "http://127.0.0.1:\(port)", folder: folder)
                let result: Result<Void, any Error>
                do {
                    try await body(browser)
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                _ = try? await browser.call("DELETE", "")
                try execution.send(signal: .terminate)
                try result.get()
                break
            }
        }
    }

    private static func begin(driver: String, folder: String) async throws -> Browser {
        let options: [String: Any] = [
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--user-data-dir=\(folder)/profile", "--disable-background-networking", "--disable-component-update",
                "--no-first-run", "--disable-sync", "--lang=en",
            ]
        ]
        let capabilities: [String: Any] = [
            "goog:chromeOptions": options, "goog:loggingPrefs": ["performance": "ALL", "browser": "ALL"],
        ]
        let made = try await Browser(session: "\(driver)/session")
            .call("POST", "", ["capabilities": ["alwaysMatch": capabilities]])
        guard let id = (made as? [String: Any])?["sessionId"] as? String else {
            throw Trouble(description: "no session: \(made)")
        }
        let browser = Browser(session: "\(driver)/session/\(id)")
        try await browser.call("POST", "/timeouts", ["script": 300_000])
        let downloads: [String: Any] = ["behavior": "allow", "downloadPath": folder]
        try await browser.call(
            "POST", "/goog/cdp/execute", ["cmd": "Browser.setDownloadBehavior", "params": downloads])
        return browser
    }

    private init(session: String) { self.session = session }

    @discardableResult private func call(_ method: String, _ path: String, _ body: Any? = nil) async throws -> Any {
        let body = method == "POST" ? try JSONSerialization.data(withJSONObject: body ?? [String: Any]()) : Data()
        let data = try await exchange(method, path, body)
        let answer = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed) as? [String: Any]
        let value = answer?["value"] ?? NSNull()
        if let error = value as? [String: Any], let kind = error["error"] {
            throw Trouble(description: "\(method) \(path): \(kind): \(error["message"] ?? "")")
        }
        return value
    }

    /// The driver's answers have a header that Foundation's client does not read.
    private func exchange(_ method: String, _ path: String, _ body: Data) async throws -> Data {
        let parts = session.split(separator: "/", maxSplits: 2)
        let (port, route) = (Int(parts[1].split(separator: ":")[1]) ?? 0, "/\(parts[2])\(path)")
        let head =
            "\(method) \(route) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
        let request = Data(head.utf8) + body
        let answer = await onThread { Self.exchange(request, port: port) }
        guard let end = answer.range(of: Data("\r\n\r\n".utf8)) else {
            throw Trouble(description: "no answer to \(route)")
        }
        return answer[end.upperBound...]
    }

    private static func exchange(_ request: Data, port: Int) -> Data {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0, request.withUnsafeBytes({ write(socket, $0.baseAddress, $0.count) }) == request.count
        else {
            return Data()
        }
        // The driver leaves its connections open: the answer ends where it says.
        var answer = Data()
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(socket, &part, part.count)
            guard count > 0 else { return answer }
            answer += part[..<count]
            guard let end = answer.range(of: Data("\r\n\r\n".utf8)) else { continue }
            let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self).lowercased()
            let length = head.firstMatch(of: /content-length: *(\d+)/).flatMap { Int($0.1) }
            if let length, answer.count - end.upperBound >= length { return answer }
        }
    }

    func open(_ address: String) async throws { try await call("POST", "/url", ["url": address]) }

    /// Shows pages as on a telephone of this width.
    func narrow(to width: Int) async throws {
        let metrics: [String: Any] = ["width": width, "height": 844, "deviceScaleFactor": 1, "mobile": true]
        try await call(
            "POST", "/goog/cdp/execute", ["cmd": "Emulation.setDeviceMetricsOverride", "params": metrics])
    }

    /// Clicks as a person does: on what can be seen.
    func click(_ selector: String) async throws {
        let found = try await call("POST", "/element", ["using": "css selector", "value": selector])
        guard let id = (found as? [String: String])?.values.first else { throw Trouble(description: selector) }
        try await call("POST", "/element/\(id)/click")
    }

    /// Presses keys where the focus is.
    func press(_ keys: String) async throws {
        let actions = keys.flatMap { key in
            [["type": "keyDown", "value": String(key)], ["type": "keyUp", "value": String(key)]]
        }
        try await call("POST", "/actions", ["actions": [["type": "key", "id": "keys", "actions": actions]]])
    }

    /// What a function's body returns in the page.
    func evaluate(_ script: String) async throws -> Any {
        try await call("POST", "/execute/sync", ["script": script, "args": [Any]()])
    }

    /// What a function's body passes to `done`.
    func evaluateLater(_ script: String) async throws -> Any {
        try await call(
            "POST", "/execute/async", ["script": "const done = arguments[0]; \(script)", "args": [Any]()])
    }

    func text(_ selector: String) async throws -> String {
        try await evaluate("return document.querySelector('\(selector)')?.textContent ?? ''") as? String ?? ""
    }

    /// Waits until an expression is true in the page.
    func wait(until condition: String) async throws {
        for _ in 0..<3000 {
            if try await evaluate("return Boolean(\(condition))") as? Bool == true { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Trouble(description: "not within five minutes: \(condition)")
    }

    /// Shows pages as a system does whose colours are "light" or "dark".
    func colours(_ scheme: String) async throws {
        let features = [["name": "prefers-color-scheme", "value": scheme]]
        try await call(
            "POST", "/goog/cdp/execute", ["cmd": "Emulation.setEmulatedMedia", "params": ["features": features]])
    }

    /// Presses Tab until the focus is on an element.
    func tab(to selector: String) async throws {
        for _ in 0..<300 {
            try await press("\u{E004}")
            let isThere = try await evaluate("return document.activeElement?.matches('\(selector)') ?? false")
            if isThere as? Bool == true { return }
        }
        throw Trouble(description: "Tab does not lead to \(selector)")
    }

    /// Counts of what the page keeps, once what it no longer needs is freed.
    func kept() async throws -> (nodes: Int, listeners: Int) {
        try await call("POST", "/goog/cdp/execute", ["cmd": "HeapProfiler.collectGarbage", "params": [String: Any]()])
        let counts = try await call(
            "POST", "/goog/cdp/execute", ["cmd": "Memory.getDOMCounters", "params": [String: Any]()])
        guard let counts = counts as? [String: Any], let nodes = counts["nodes"] as? Int,
            let listeners = counts["jsEventListeners"] as? Int
        else { throw Trouble(description: "no counts: \(counts)") }
        return (nodes, listeners)
    }

    /// Addresses that were asked for since the last call.
    func requests() async throws -> [String] {
        let entries = try await call("POST", "/se/log", ["type": "performance"]) as? [[String: Any]] ?? []
        return entries.compactMap { entry in
            guard let text = entry["message"] as? String,
                let all = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                let message = all["message"] as? [String: Any],
                message["method"] as? String == "Network.requestWillBeSent",
                let parameters = message["params"] as? [String: Any]
            else { return nil }
            return (parameters["request"] as? [String: Any])?["url"] as? String
        }
    }

    /// What the browser complained of: scripts that failed, what the page's policy did not allow. Answers that refuse something
    /// are none.
    func complaints() async throws -> [String] {
        let entries = try await call("POST", "/se/log", ["type": "browser"]) as? [[String: Any]] ?? []
        return entries.filter { $0["level"] as? String == "SEVERE" }.compactMap { $0["message"] as? String }
            .filter { !$0.contains("responded with a status of") }
    }
}
