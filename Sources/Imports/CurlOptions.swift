/// What a command line of curl says of its requests (the manual of curl 8).
struct CurlOptions {
    struct Data {
        enum Kind { case plain, binary, encoded, json }

        var kind: Kind
        var text = ""
        /// Before what is encoded: `name=`.
        var prefix = ""
        var file: String?
    }

    private(set) var urls: [String] = []
    private(set) var method: String?
    private(set) var headers: [SourceRequest.Field] = []
    private(set) var data: [Data] = []
    private(set) var queries: [Data] = []
    private(set) var form: [(value: String, isPlain: Bool)] = []
    private(set) var user: String?
    private(set) var upload: String?
    private(set) var isGet = false
    private(set) var isHead = false
    private(set) var follows = false
    private(set) var trustsAny = false
    private(set) var keepsPath = false
    private(set) var globsOff = false
    private(set) var notes: [String] = []
    /// Why it cannot become a task.
    private(set) var fault: String?

    /// Letters with their long names.
    private static let letters: [Character: String] = [
        "X": "request", "H": "header", "d": "data", "F": "form", "u": "user", "b": "cookie", "A": "user-agent",
        "e": "referer", "G": "get", "I": "head", "L": "location", "k": "insecure", "T": "upload-file", "g": "globoff",
        "s": "silent", "S": "show-error", "v": "verbose", "i": "include", "f": "fail", "o": "output",
        "O": "remote-name",
        "w": "write-out", "m": "max-time", "c": "cookie-jar", "D": "dump-header", "x": "proxy", "E": "cert",
        "N": "no-buffer",
        "#": "progress-bar", "q": "disable", "J": "remote-header-name", "Z": "parallel", "0": "http1.0", "2": "sslv2",
        "3": "sslv3", "4": "ipv4", "6": "ipv6", "r": "range", "K": "config", "n": "netrc", "y": "speed-time",
        "Y": "speed-limit", "z": "time-cond", "U": "proxy-user", "C": "continue-at", "R": "remote-time",
        "l": "list-only",
        "a": "append", "B": "use-ascii", "j": "junk-session-cookies", "p": "proxytunnel", "P": "ftp-port", "Q": "quote",
        "t": "telnet-option", "V": "version", "h": "help", "M": "manual", "1": "tlsv1",
    ]
    /// Those that say nothing of the request, without a value.
    private static let quiet: Set<String> = [
        "silent", "show-error", "verbose", "include", "fail", "remote-name", "no-buffer", "progress-bar", "disable",
        "remote-header-name", "parallel", "ipv4", "ipv6", "http1.0", "http1.1", "http2", "http2-prior-knowledge",
        "http3",
        "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "no-keepalive", "tcp-nodelay", "tr-encoding",
        "styled-output",
        "fail-early", "fail-with-body", "no-progress-meter", "create-dirs", "raw", "compressed-ssh", "no-sessionid",
        "ssl-reqd", "ssl", "basic", "retry-connrefused", "retry-all-errors", "location-trusted", "remote-time",
        "http0.9", "tcp-fastopen", "no-alpn", "no-npn", "false-start", "path-as-is", "globoff", "junk-session-cookies",
        "post301", "post302", "post303", "trace-time", "sslv2", "sslv3", "netrc-optional",
    ]
    /// Those that say nothing of the request, with a value.
    private static let quietWithValue: Set<String> = [
        "output", "write-out", "max-time", "connect-timeout", "cookie-jar", "dump-header", "retry", "retry-delay",
        "retry-max-time", "limit-rate", "max-redirs", "trace", "trace-ascii", "stderr", "interface", "dns-servers",
        "keepalive-time", "speed-time", "speed-limit", "output-dir", "parallel-max", "cacert", "capath", "ciphers",
        "tls-max", "tls13-ciphers", "resolve", "connect-to", "expect100-timeout", "local-port", "max-filesize", "proto",
        "proto-default", "proto-redir", "happy-eyeballs-timeout-ms", "rate", "curves", "unix-socket",
    ]
    private static let unable: [String: String] = [
        "digest": "Digest authentication", "ntlm": "NTLM authentication", "negotiate": "Negotiate authentication",
        "anyauth": "authentication that the server chooses", "aws-sigv4": "a signature of AWS for each request",
        "config": "options in a file of their own (--config)", "range": "a part of an answer (--range)",
        "netrc": "a password in ~/.netrc", "netrc-file": "a password in a file of its own",
        "continue-at": "a part of an answer (--continue-at)",
        "time-cond": "an answer that depends on a time (--time-cond)",
        "append": "an upload by FTP", "quote": "a command of FTP", "proxytunnel": "a proxy",
    ]

    private var words: ArraySlice<String>

    init(_ words: [String]) {
        self.words = words[...]
        while let word = self.words.popFirst() {
            if word == "--" {
                urls += self.words
                break
            }
            if word.hasPrefix("--") {
                let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                take(String(parts[0]), joined: parts.count > 1 ? String(parts[1]) : nil)
            } else if word.hasPrefix("-"), word.count > 1 {
                takeLetters(word.dropFirst())
            } else {
                urls.append(word)
            }
        }
    }

    /// `-sSLXPOST`: letters without a value, and at the end one with.
    private mutating func takeLetters(_ letters: Substring) {
        var rest = letters
        while let letter = rest.popFirst() {
            guard let name = Self.letters[letter] else { return refuse("-\(letter)") }
            if Self.takesValue(name) {
                take(name, joined: rest.isEmpty ? nil : String(rest))
                return
            }
            take(name, joined: nil)
        }
    }

    private static let withValue: Set<String> = [
        "url", "request", "header", "data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json", "form",
        "form-string", "user", "cookie", "user-agent", "referer", "upload-file", "oauth2-bearer", "proxy", "cert",
        "key",
        "cert-type", "key-type", "url-query", "request-target", "aws-sigv4", "config", "range", "netrc-file",
        "continue-at",
        "time-cond", "quote", "proxy-user", "pass", "proxy-header", "preproxy", "noproxy", "pinnedpubkey", "ftp-port",
        "telnet-option",
    ]

    private static func takesValue(_ name: String) -> Bool {
        withValue.contains(name) || quietWithValue.contains(name)
    }

    private mutating func refuse(_ option: String) {
        fault = fault ?? "an option that is not known here: \(option)"
    }

    private mutating func take(_ name: String, joined: String?) {
        guard Self.takesValue(name) else {
            if joined != nil { return refuse("--\(name)") }
            return flag(name)
        }
        guard let value = joined ?? words.popFirst() else {
            fault = "--\(name) without its value"
            return
        }
        switch name {
        case "url": urls.append(value)
        case "request": method = value
        case "header": header(value)
        case "data", "data-ascii": add(value, .plain)
        case "data-raw": data.append(Data(kind: .binary, text: value))
        case "data-binary": add(value, .binary)
        case "data-urlencode": data.append(Self.encoded(value))
        case "url-query":
            queries.append(
                value.hasPrefix("+") ? Data(kind: .plain, text: String(value.dropFirst())) : Self.encoded(value))
        case "json":
            add(value, .json)
            if !has("Content-Type") { headers.append(.init(name: "Content-Type", value: "application/json")) }
            if !has("Accept") { headers.append(.init(name: "Accept", value: "application/json")) }
        case "form": form.append((value, false))
        case "form-string": form.append((value, true))
        case "user": user = value
        case "cookie":
            if value.contains("=") {
                headers.append(.init(name: "Cookie", value: value))
            } else {
                notes.append("without the cookies of a file")
            }
        case "user-agent": headers.append(.init(name: "User-Agent", value: value))
        case "referer": headers.append(.init(name: "Referer", value: value))
        case "upload-file": upload = value
        case "oauth2-bearer": headers.append(.init(name: "Authorization", value: "Bearer " + value))
        case "proxy", "preproxy": notes.append("without the proxy that curl was to use")
        case "cert", "key": notes.append("without its client certificate")
        case "request-target": fault = "a target that is not that of its URL (--request-target)"
        case "cert-type", "key-type", "proxy-user", "pass", "proxy-header", "noproxy", "pinnedpubkey": break
        default: if let reason = Self.unable[name] { fault = reason }
        }
    }

    private mutating func flag(_ name: String) {
        switch name {
        case "get": isGet = true
        case "head": isHead = true
        case "location", "location-trusted": follows = true
        case "insecure": trustsAny = true
        case "path-as-is": keepsPath = true
        case "globoff": globsOff = true
        case "compressed": headers.append(.init(name: "Accept-Encoding", value: "gzip, deflate, br"))
        default:
            if let reason = Self.unable[name] {
                fault = fault ?? reason
            } else if !Self.quiet.contains(name) {
                refuse("--\(name)")
            }
        }
    }

    private func has(_ name: String) -> Bool { headers.contains { $0.name.lowercased() == name.lowercased() } }

    /// `Name: value`; `Name:` takes a field away, and `Name;` has none.
    private mutating func header(_ text: String) {
        if text.hasPrefix("@") { return notes.append("without the header fields of a file") }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return }
        let value = String(parts[1].drop { $0 == " " || $0 == "\t" })
        if !value.isEmpty { headers.append(.init(name: parts[0], value: value)) }
    }

    private mutating func add(_ text: String, _ kind: Data.Kind) {
        data.append(
            text.hasPrefix("@") ? Data(kind: kind, file: String(text.dropFirst())) : Data(kind: kind, text: text))
    }

    /// `content`, `=content`, `name=content`, `@file`, `name@file`.
    private static func encoded(_ text: String) -> Data {
        if let sign = text.firstIndex(of: "=") ?? text.firstIndex(of: "@") {
            let (name, rest) = (String(text[..<sign]), String(text[text.index(after: sign)...]))
            let prefix = name.isEmpty ? "" : name + "="
            return text[sign] == "@"
                ? Data(kind: .encoded, prefix: prefix, file: rest) : Data(kind: .encoded, text: rest, prefix: prefix)
        }
        return Data(kind: .encoded, text: text)
    }
}
