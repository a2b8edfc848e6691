import Foundation

/// Writes an experiment's file: YAML with comments.
struct ExperimentText {
    let settings: ImportSettings
    let target: String
    let isFlow: Bool
    let found: Found
    let summary: String
    private(set) var files: [(path: String, bytes: [UInt8])] = []
    private var lines: [String] = []

    private static let mostListed = 300

    init(settings: ImportSettings, target: String, isFlow: Bool, found: Found, summary: String) {
        self.settings = settings
        self.target = target
        self.isFlow = isFlow
        self.found = found
        self.summary = summary
    }

    mutating func text(of requests: [SourceRequest], variables: [Secrets.Variable]) -> String {
        lines = []
        let body = self.body(of: requests)
        lines = []
        head(variables.filter { body.contains("${env(\($0.name))}") })
        return lines.joined(separator: "\n") + "\n\n" + body
    }

    // MARK: Comments

    private mutating func comment(_ text: String) {
        lines.append("# " + Self.line(text))
    }

    private static func line(_ text: String) -> String {
        String(
            text.unicodeScalars.map {
                BodyChoice.isText($0) && !"\n\r\t\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
                    ? Character($0) : " "
            })
    }

    private mutating func head(_ variables: [Secrets.Variable]) {
        lines.append("# yaml-language-server: $schema=../templates/experiment.schema.json")
        lines.append("#")
        comment("Made by `storelab import` of \(settings.source).")
        comment(summary + ".")
        for note in found.notes { comment(note) }
        if !variables.isEmpty {
            lines.append("#")
            comment("Secrets and unknown values are variables of the environment, to be set before the run:")
            for variable in variables {
                let lacking = variable.value.isEmpty ? "; the source has no value" : ""
                comment("  export \(variable.name)=…   # \(variable.use)\(lacking)")
            }
        }
        if !found.leftOut.isEmpty {
            lines.append("#")
            comment("Left out:")
            for left in found.leftOut.prefix(Self.mostListed) { comment("  \(left.request): \(left.reason)") }
            if found.leftOut.count > Self.mostListed {
                comment("  and \(found.leftOut.count - Self.mostListed) more")
            }
        }
    }

    // MARK: The experiment

    private mutating func body(of requests: [SourceRequest]) -> String {
        lines.append("name: \(YAMLText.scalar(settings.name))")
        let title = found.title.map { Self.line(String($0.prefix(150))).trimmingCharacters(in: .whitespaces) } ?? ""
        lines.append("title: \(YAMLText.quoted(title.isEmpty ? "Imported from \(settings.source)" : title))")
        lines += ["", "stack:", "  url: \(target)"]
        if found.trustsAny, target.hasPrefix("https:") { lines.append("  trust: any    # as with curl's -k") }
        lines += ["", "load:", "  tasks:"]
        let pauses = found.isRecording ? ThinkTimes.pauses(of: requests) : []
        if isFlow {
            lines.append("    - name: \(Self.flowName(of: requests))")
            lines.append("      flow:    # the requests in their order")
            for (index, request) in requests.enumerated() {
                let isLast = index == requests.count - 1
                let pause = pauses.isEmpty ? nil : isLast ? ThinkTimes.usual(pauses) : pauses[index]
                task(request, indent: "        ", thinkTime: pause.flatMap(ThinkTimes.written))
            }
        } else {
            for request in requests { task(request, indent: "    ", thinkTime: nil) }
        }
        lines.append("  think_time: \(isFlow ? "0s    # but where a step has its own" : "1s..3s")")
        lines.append("  ramp:    # or find_limit: { from: 10, to: 1000, hold: 10s, precision: 10% }")
        lines.append("    - { users: 10, spawn_rate: 5/s, hold: 30s }")
        lines.append("  timeout: 10s")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func flowName(of requests: [SourceRequest]) -> String {
        let names = Set(requests.compactMap(\.name))
        return ["session", "all-requests", "flow-of-all"].first { !names.contains($0) } ?? "the-flow-of-all"
    }

    private mutating func task(_ request: SourceRequest, indent: String, thinkTime: String?) {
        for note in request.notes { lines.append("\(indent)# \(Self.line(note))") }
        lines.append("\(indent)- name: \(YAMLText.scalar(request.name ?? "request"))")
        var own: [String] = []
        func add(_ line: String) { own.append(indent + "  " + line) }
        let target = YAMLText.scalar(Marked.definition(request.target))
        let keys = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        if keys.contains(request.method), !(request.method == "GET" && request.body != nil) {
            add("\(request.method.lowercased()): \(target)")
        } else {
            add("request: \(YAMLText.quoted("\(request.method) \(Marked.definition(request.target))"))")
        }
        headers(of: request, add)
        body(of: request, add)
        var expected: [String] = []
        if let status = request.status, status != "200" { expected.append("status: \(status)") }
        if request.allowsErrorKeys { expected.append("error_keys: allow") }
        if !expected.isEmpty { add("expect: { \(expected.joined(separator: ", ")) }") }
        if let follow = request.follow { add("follow: \(follow)") }
        if !request.takes.isEmpty {
            add("take:")
            for take in request.takes { add("  \(take.name): \(Self.source(take.source))") }
        }
        if let group = request.group.map(TaskNames.cleaned), !group.isEmpty { add("group: \(YAMLText.scalar(group))") }
        if let thinkTime { add("think_time: \(thinkTime)") }
        lines += own
    }

    private static func source(_ source: TakenValue.Source) -> String {
        switch source {
        case .path(let path): "{ json: \(YAMLText.quoted(path)) }"
        case .header(let name): "{ header: \(YAMLText.quoted(name)) }"
        case .cookie(let name): "{ cookie: \(YAMLText.quoted(name)) }"
        case .pattern(let pattern): "{ regex: \(YAMLText.quoted(pattern)) }"
        case .element(let css, let attribute): "{ css: \(YAMLText.quoted(css)), attribute: \(attribute) }"
        }
    }

    private func headers(of request: SourceRequest, _ add: (String) -> Void) {
        let codings = request.headers.filter { $0.name.lowercased() == "accept-encoding" }
            .flatMap { $0.value.lowercased().split(separator: ",") }
            .map { $0.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces) }
        var known: [String] = []
        for coding in codings where ["gzip", "deflate", "br", "identity"].contains(coding) && !known.contains(coding) {
            known.append(coding)
        }
        var fields: [(name: String, values: [String])] = []
        for field in request.headers where field.name.lowercased() != "accept-encoding" {
            if let index = fields.firstIndex(where: { $0.name.lowercased() == field.name.lowercased() }) {
                fields[index].values.append(field.value)
            } else {
                fields.append((field.name, [field.value]))
            }
        }
        if !fields.isEmpty {
            add("headers:")
            for field in fields {
                let values = field.values.map { YAMLText.quoted(Marked.definition($0)) }
                add(
                    "  \(YAMLText.key(field.name)): \(values.count == 1 ? values[0] : "[\(values.joined(separator: ", "))]")"
                )
            }
        }
        if !known.isEmpty { add("accept_encoding: [\(known.joined(separator: ", "))]") }
    }

    private mutating func body(of request: SourceRequest, _ add: (String) -> Void) {
        switch request.body {
        case nil: break
        case .text(let text): add("text: \(YAMLText.quoted(Marked.definition(text)))")
        case .bytes(let bytes):
            add("file: \(YAMLText.quoted(file(bytes, named: request.name ?? "body", ending: "bin")))")
        case .form(let fields):
            add("form:")
            var index = 0
            while index < fields.count {
                let same = fields[index...].prefix { $0.name == fields[index].name }
                let values = same.map { YAMLText.quoted(Marked.definition($0.value)) }
                let written = values.count == 1 ? values[0] : "[\(values.joined(separator: ", "))]"
                add("  \(YAMLText.key(fields[index].name)): \(written)")
                index += same.count
            }
        case .multipart(let parts):
            add("multipart:")
            for part in parts {
                guard let source = part.file else {
                    let text = YAMLText.quoted(Marked.definition(part.value))
                    let type = part.type.map { ", type: \(YAMLText.quoted($0))" }
                    add("  \(YAMLText.key(part.name)): \(type.map { "{ text: \(text)\($0) }" } ?? text)")
                    continue
                }
                let ending = source.name.split(separator: ".").last.map(String.init) ?? "bin"
                let path = file(source.bytes, named: "\(request.name ?? "")-\(part.name)", ending: ending)
                let type = YAMLText.quoted(source.type ?? "application/octet-stream")
                add(
                    "  \(YAMLText.key(part.name)): { file: \(YAMLText.quoted(path)), filename: \(YAMLText.quoted(source.name)), type: \(type) }"
                )
            }
        }
    }

    private mutating func file(_ bytes: [UInt8], named name: String, ending: String) -> String {
        if let known = files.first(where: { $0.bytes == bytes }) { return known.path }
        let suffix = TaskNames.cleaned(ending).prefix(8)
        let base = "\(settings.name)-files/\(TaskNames.cleaned(name))"
        var path = "\(base).\(suffix.isEmpty ? "bin" : suffix)"
        var number = 2
        while files.contains(where: { $0.path == path }) {
            path = "\(base)-\(number).\(suffix.isEmpty ? "bin" : suffix)"
            number += 1
        }
        files.append((path, bytes))
        return path
    }
}
