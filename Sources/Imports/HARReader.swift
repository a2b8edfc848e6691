import Foundation

/// Reads an HTTP Archive (HAR 1.2), as Chrome, Firefox and others export it.
struct HARReader {
    private var found = Found()
    private let wantsStatic: Bool

    static func isHAR(_ tree: Tree) -> Bool { tree["log"]?["entries"] != nil }

    static func read(_ tree: Tree, wantsStatic: Bool) -> Found {
        var reader = HARReader(wantsStatic: wantsStatic)
        let creator = tree["log"]?["creator"]?["name"]?.plain ?? tree["log"]?["browser"]?["name"]?.plain
        reader.found.isRecording = true
        reader.found.title = creator.map { "Recorded by \($0)" }
        let entries = tree["log"]?["entries"]?.elements ?? []
        let numbered = entries.enumerated().map { (number: $0.offset + 1, entry: $0.element, began: began($0.element)) }
        // Some tools write entries in the order of their answers.
        for (number, entry, _) in numbered.sorted(by: { ($0.began, $0.number) < ($1.began, $1.number) }) {
            reader.take(entry, number: number)
        }
        return reader.found
    }

    private init(wantsStatic: Bool) { self.wantsStatic = wantsStatic }

    private mutating func take(_ entry: Tree, number: Int) {
        let place = "entry \(number)"
        guard let request = entry["request"], let method = request["method"]?.string,
            let address = request["url"]?.string
        else { return found.leave(place, "no request in it") }
        let kind = entry["_resourceType"]?.string?.lowercased() ?? ""
        let shown = "\(method) \(Self.shown(address)) (\(place))"
        guard let url = SourceURL(address) else {
            return found.leave(shown, address.hasPrefix("ws") ? "WebSocket" : "no address of HTTP")
        }
        if kind == "websocket" { return found.leave(shown, "WebSocket") }
        if kind == "preflight" || Self.isPreflight(request, method) {
            return found.leave(shown, "a question of the browser before another request (CORS)")
        }
        let answer = entry["response"]
        if !wantsStatic, Self.isStatic(url.target, kind: kind, answer) { return found.leave(shown, Reasons.staticFile) }
        let status = answer?["status"]?.number.flatMap { Int(exactly: $0) } ?? 0
        guard (100...599).contains(status) else { return found.leave(shown, "no answer") }
        if entry["_fromCache"]?.string != nil { return found.leave(shown, "answered by the browser's cache") }

        var source = SourceRequest(place: place, method: method, origin: url.origin, target: url.target)
        source.headers = Self.fields(request["headers"])
        if let postData = request["postData"], let problem = setBody(postData, of: &source) {
            return found.leave(shown, problem)
        }
        let headers = Self.fields(answer?["headers"])
        let began = Self.began(entry)
        source.recorded = .init(
            began: began, ended: began + max(0, entry["time"]?.number ?? 0) / 1000, status: status, headers: headers,
            text: Self.text(answer?["content"]))
        // A browser that has the page already asks whether it has changed; a new user does not.
        source.status = status == 200 || status == 304 ? nil : "\(status)"
        source.allowsErrorKeys = Self.hasErrors(source.recorded)
        found.requests.append(source)
    }

    /// - Returns: why the request cannot be sent.
    private func setBody(_ data: Tree, of request: inout SourceRequest) -> String? {
        let type = request.header("Content-Type") ?? data["mimeType"]?.string ?? ""
        if request.header("Content-Type") == nil, !type.isEmpty {
            request.headers.append(.init(name: "Content-Type", value: type))
        }
        let text = data["text"]?.string ?? ""
        if data["encoding"]?.string == "base64" || data["_encoding"]?.string == "base64" {
            guard let bytes = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
                return "a body that is not base64 as it says"
            }
            request.body =
                String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .bytes(Array(bytes))
            return nil
        }
        if !text.isEmpty {
            request.body = .text(text)
            return nil
        }
        let parameters = data["params"]?.elements ?? []
        guard !parameters.isEmpty else { return nil }
        if type.lowercased().hasPrefix("multipart/") {
            if parameters.contains(where: { $0["fileName"] != nil && $0["value"]?.string == nil }) {
                return "a file that the recording does not have"
            }
            request.body = .multipart(
                parameters.map { parameter in
                    let (name, value) = (parameter["name"]?.plain ?? "", parameter["value"]?.plain ?? "")
                    let file = parameter["fileName"]?.string.map {
                        (bytes: Array(value.utf8), name: $0, type: parameter["contentType"]?.string)
                    }
                    return .init(name: name, value: value, file: file)
                })
        } else {
            // Firefox has them as they were sent, Chrome decoded; their text, where there is one, was taken above.
            request.body = .form(
                parameters.map {
                    .init(name: Self.decoded($0["name"]), value: Self.decoded($0["value"]))
                })
        }
        return nil
    }

    private static func decoded(_ value: Tree?) -> String {
        let text = value?.plain ?? ""
        return Percent.decoded(text, plusIsBlank: true) ?? text
    }

    static func fields(_ list: Tree?) -> [SourceRequest.Field] {
        (list?.elements ?? []).compactMap { field in
            guard let name = field["name"]?.string, !name.hasPrefix(":") else { return nil }
            return .init(name: name, value: field["value"]?.plain ?? "")
        }
    }

    /// Seconds since 1970, of RFC 3339 with any number of digits behind the second.
    static func began(_ entry: Tree) -> Double {
        guard let text = entry["startedDateTime"]?.string, text.utf8.count >= 19 else { return 0 }
        let fraction = text.dropFirst(19).prefix { $0 == "." || $0.isNumber }
        let zone = text.dropFirst(19 + fraction.count)
        let whole = text.prefix(19) + (zone.isEmpty ? "Z" : zone)
        guard let date = try? Date(String(whole), strategy: .iso8601) else { return 0 }
        return date.timeIntervalSince1970 + (Double("0" + fraction) ?? 0)
    }

    private static func isPreflight(_ request: Tree, _ method: String) -> Bool {
        method == "OPTIONS"
            && fields(request["headers"]).contains { $0.name.lowercased() == "access-control-request-method" }
    }

    private static let staticKinds = ["stylesheet", "script", "image", "font", "media", "manifest", "texttrack"]
    private static let staticEndings = [
        ".js", ".mjs", ".css", ".map", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".avif", ".woff",
        ".woff2", ".ttf", ".otf", ".eot", ".mp4", ".webm", ".mp3", ".wasm",
    ]

    private static func isStatic(_ target: String, kind: String, _ answer: Tree?) -> Bool {
        if staticKinds.contains(kind) { return true }
        // What a program asked for is data, whatever it is called.
        if kind == "xhr" || kind == "fetch" || kind == "document" { return false }
        let path = SourceURL.path(of: target).lowercased()
        if staticEndings.contains(where: path.hasSuffix) { return true }
        let type = answer?["content"]?["mimeType"]?.string?.lowercased() ?? ""
        return ["image/", "font/", "audio/", "video/", "text/css"].contains(where: type.hasPrefix)
            || type.contains("javascript")
    }

    /// Decoded where it is text; larger ones are left, as their values are seldom sent again.
    private static func text(_ content: Tree?) -> String {
        guard let text = content?["text"]?.string, text.utf8.count < 4_000_000 else { return "" }
        guard content?["encoding"]?.string == "base64" else { return text }
        guard let bytes = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else { return "" }
        return Marked.cleaned(String(validating: bytes, as: UTF8.self) ?? "")
    }

    /// Whether a good answer has something under `error` or `errors`, which would count as a failure.
    private static func hasErrors(_ recorded: SourceRequest.Recorded?) -> Bool {
        guard let recorded, recorded.status < 300, recorded.text.contains("\"error"),
            let tree = try? JSONReader.tree(Array(recorded.text.utf8))
        else { return false }
        return ["error", "errors"].contains { tree[$0] != nil }
    }

    static func shown(_ address: String) -> String {
        let path = address.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = path.range(of: "://"),
            let at = path[scheme.upperBound...].prefix(while: { $0 != "/" }).lastIndex(of: "@")
        else { return String(path.prefix(120)) }
        return String((path[..<scheme.upperBound] + path[path.index(after: at)...]).prefix(120))
    }
}
