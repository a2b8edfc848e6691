import Foundation

/// Reads command lines of curl, as browsers copy them and as people write them.
struct CurlReader {
    /// Bytes of a file that a command names; nil where it is not to be had.
    let file: (String) -> [UInt8]?
    private var found = Found()

    static func isCurl(_ text: String) -> Bool {
        text.prefix(20_000).split(whereSeparator: \.isNewline).contains { line in
            let start = line.drop { $0 == " " || $0 == "$" || $0 == "\t" }
            return start.hasPrefix("curl ") || start.hasPrefix("curl.exe ") || start == "curl"
                || start.hasPrefix("curl\\")
        }
    }

    static func read(_ text: String, file: @escaping (String) -> [UInt8]?) -> Found {
        var reader = CurlReader(file: file)
        for command in ShellWords.commands(text) { reader.take(command) }
        return reader.found
    }

    private init(file: @escaping (String) -> [UInt8]?) { self.file = file }

    private mutating func take(_ command: ShellWords.Command) {
        var words = command.words[...]
        while let word = words.first, Self.mayStandBefore.contains(word) || word.contains(/^[A-Za-z_]\w*=/) {
            words.removeFirst()
        }
        let place = "line \(command.line)"
        guard let program = words.first, program == "curl" || program == "curl.exe" || program.hasSuffix("/curl") else {
            return found.leave("\(command.words.first?.prefix(40) ?? "") (\(place))", "not a curl command")
        }
        if let fault = command.fault { return found.leave("curl (\(place))", fault) }
        if words.contains("^") || words.dropFirst().contains(where: { $0.hasPrefix("^\"") }) {
            return found.leave("curl (\(place))", "in the form of Windows' cmd; copy it as cURL (bash)")
        }
        var number = 0
        for part in words.dropFirst().split(whereSeparator: { $0 == "--next" || $0 == "-:" }) {
            let options = CurlOptions(part.map { $0 })
            guard !options.urls.isEmpty else {
                found.leave("curl (\(place))", options.fault ?? "no URL")
                continue
            }
            for url in options.urls {
                number += 1
                let shown = "curl \(HARReader.shown(url)) (\(place))"
                if let fault = options.fault {
                    found.leave(shown, fault)
                } else {
                    switch request(url, options, place: number > 1 ? "\(place), URL \(number)" : place) {
                    case .success(let request): found.requests.append(request)
                    case .failure(let fault): found.leave(shown, fault.reason)
                    }
                }
            }
        }
    }

    /// A prompt, and words of a shell script before its commands.
    private static let mayStandBefore: Set<String> = [
        "$", "then", "do", "else", "!", "time", "sudo", "exec", "command",
    ]

    private struct Fault: Error { var reason: String }

    private mutating func request(
        _ text: String, _ options: CurlOptions, place: String
    ) -> Result<SourceRequest, Fault> {
        var address = text.contains("://") ? text : "http://" + text
        if !options.globsOff {
            // Chrome escapes what curl would take for a range.
            let bare = address.replacing(/\\([\[\]{}])/, with: "")
            let isIPv6 = bare.contains(/:\/\/([^\/@]*@)?\[[0-9A-Fa-f:.]+\]/)
            guard isIPv6 || !bare.contains(where: { "[]{}".contains($0) }) else {
                return .failure(Fault(reason: "several URLs in one, by [ ] or { }; write each out"))
            }
            address = address.replacing(/\\([\[\]{}])/) { String($0.output.1) }
        }
        guard let url = SourceURL(address) else { return .failure(Fault(reason: "no address of HTTP")) }
        var request = SourceRequest(
            place: place, method: "GET", origin: url.origin,
            target: options.keepsPath ? url.target : Self.withoutDots(url.target))
        request.headers = options.headers
        request.follow = options.follows ? 20 : nil
        request.status = "2xx"
        var data: [UInt8]?
        for item in options.data {
            guard let piece = self.data(item) else {
                return .failure(Fault(reason: "a file that is not there: \(item.file ?? "")"))
            }
            if data != nil, item.kind != .json { data?.append(UInt8(ascii: "&")) }
            data = (data ?? []) + piece
        }
        if options.isGet, let pairs = data {
            request.target += (request.target.contains("?") ? "&" : "?") + String(decoding: pairs, as: UTF8.self)
            request.target = SourceURL.target(request.target)
            data = nil
        }
        for item in options.queries {
            guard let piece = self.data(item) else { return .failure(Fault(reason: "a file that is not there")) }
            request.target += (request.target.contains("?") ? "&" : "?") + String(decoding: piece, as: UTF8.self)
        }
        if let data {
            request.method = "POST"
            let isForm = request.header("Content-Type") == nil
            if isForm {
                request.headers.append(.init(name: "Content-Type", value: "application/x-www-form-urlencoded"))
            }
            request.body = String(validating: data, as: UTF8.self).map { .text(Marked.cleaned($0)) } ?? .bytes(data)
        } else if !options.form.isEmpty {
            request.method = "POST"
            var parts: [SourceRequest.Part] = []
            for text in options.form {
                guard let part = part(text.value, isPlain: text.isPlain) else {
                    return .failure(Fault(reason: "a part of its form that cannot be read: \(text.value.prefix(40))"))
                }
                parts.append(part)
            }
            request.body = .multipart(parts)
        } else if let upload = options.upload {
            request.method = "PUT"
            guard let bytes = file(upload) else {
                return .failure(Fault(reason: "a file that is not there: \(upload)"))
            }
            if request.target.hasSuffix("/") { request.target += (upload as NSString).lastPathComponent }
            request.body = String(validating: bytes, as: UTF8.self).map { .text(Marked.cleaned($0)) } ?? .bytes(bytes)
        } else if options.isHead {
            request.method = "HEAD"
        }
        if let method = options.method { request.method = method }
        if let user = options.user ?? url.user.flatMap({ Percent.decoded($0) }), request.header("Authorization") == nil
        {
            let pair = user.contains(":") ? user : user + ":"
            request.headers.append(
                .init(name: "Authorization", value: "Basic " + Data(pair.utf8).base64EncodedString()))
        }
        if options.trustsAny { found.trustsAny = true }
        request.notes += options.notes
        return .success(request)
    }

    /// RFC 3986, section 5.2.4, as curl does it before it asks.
    static func withoutDots(_ target: String) -> String {
        let path = SourceURL.path(of: target)
        guard path.contains("/.") else { return target }
        var segments: [Substring] = []
        let all = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in all.enumerated() {
            let isLast = index == all.count - 1
            switch segment {
            case ".": if isLast { segments.append("") }
            case "..":
                if !segments.isEmpty { segments.removeLast() }
                if isLast { segments.append("") }
            default: segments.append(segment)
            }
        }
        return "/" + segments.joined(separator: "/") + target.dropFirst(path.count)
    }

    private func data(_ item: CurlOptions.Data) -> [UInt8]? {
        guard let name = item.file else {
            return Array((item.kind == .encoded ? item.prefix + Self.encoded(Array(item.text.utf8)) : item.text).utf8)
        }
        guard let bytes = file(name) else { return nil }
        switch item.kind {
        // Without its line breaks.
        case .plain: return bytes.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }
        case .encoded: return Array((item.prefix + Self.encoded(bytes)).utf8)
        case .binary, .json: return bytes
        }
    }

    /// As curl encodes data: a blank becomes `+`.
    private static func encoded(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            switch byte {
            case 0x20: "+"
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: String(Character(Unicode.Scalar(byte)))
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                String(Character(Unicode.Scalar(byte)))
            default: Percent.encoded(byte)
            }
        }.joined()
    }

    /// `name=value`, `name=@file;type=image/png;filename=a.png`, `name=<file`.
    private func part(_ text: String, isPlain: Bool) -> SourceRequest.Part? {
        let words = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2, !words[0].isEmpty else { return nil }
        if isPlain || !words[1].hasPrefix("@") && !words[1].hasPrefix("<") {
            guard !isPlain, let match = words[1].firstMatch(of: /;type=([^;"]+)$/) else {
                guard isPlain || !words[1].contains(";type=") else { return nil }
                return .init(name: words[0], value: words[1])
            }
            return .init(
                name: words[0], value: String(words[1][..<match.range.lowerBound]), type: String(match.output.1))
        }
        let settings = words[1].dropFirst().split(separator: ";").map(String.init)
        func setting(_ name: String) -> String? {
            settings.dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }.first { $0.hasPrefix(name + "=") }
                .map { String($0.dropFirst(name.count + 1)).trimmingCharacters(in: ["\""]) }
        }
        guard let path = settings.first?.trimmingCharacters(in: ["\""]), let bytes = file(path) else { return nil }
        if words[1].hasPrefix("<") {
            return String(validating: bytes, as: UTF8.self).map { .init(name: words[0], value: $0) }
        }
        let name = setting("filename") ?? (path as NSString).lastPathComponent
        return .init(
            name: words[0], value: "",
            file: (bytes: bytes, name: name, type: setting("type") ?? Self.type(ofFile: path)))
    }

    /// As curl guesses it (`Curl_mime_contenttype`).
    static func type(ofFile path: String) -> String {
        switch (path as NSString).pathExtension.lowercased() {
        case "gif": "image/gif"
        case "jpg", "jpeg": "image/jpeg"
        case "png": "image/png"
        case "svg": "image/svg+xml"
        case "txt": "text/plain"
        case "htm", "html": "text/html"
        case "pdf": "application/pdf"
        case "xml": "application/xml"
        default: "application/octet-stream"
        }
    }
}
