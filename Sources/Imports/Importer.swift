package import Model

/// Makes an experiment of a recording (HAR), a description (OpenAPI 3), a collection (Postman 2.1) or command lines (curl).
/// - Throws: `Problem` of usage where the source is none of these, or nothing of it can be loaded.
package func importedExperiment(from bytes: [UInt8], _ settings: ImportSettings) throws(Problem) -> Imported {
    var importer = Importer(settings: settings)
    return try importer.imported(bytes)
}

private struct Importer {
    let settings: ImportSettings
    private var secrets = Secrets()

    private static let mostTasks = 100

    init(settings: ImportSettings) { self.settings = settings }

    mutating func imported(_ bytes: [UInt8]) throws(Problem) -> Imported {
        var found = try read(bytes)
        let count = found.requests.count + found.leftOut.count
        let target = try self.target(of: found)
        keepSendable(of: &found, target: target)
        var requests = found.requests
        guard !requests.isEmpty else {
            throw Problem(
                .usage, "\(settings.source) has nothing to load: \(Self.summary(count, tasks: 0, found.leftOut))",
                nextStep: found.leftOut.prefix(10).map { "\($0.request): \($0.reason)" }.joined(separator: "\n  "))
        }
        if found.isRecording {
            requests = Correlation.joined(RecordedCookies.separated(requests, &secrets))
        }
        var names: Set<String> = []
        for index in requests.indices {
            let name = names.inserted(TaskNames.name(of: requests[index]), limit: 55, by: "-")
            requests[index].name = name
            requests[index] = secrets.hidden(in: requests[index], task: name)
        }
        giveUnknownValues(in: &requests)
        let summary = Self.summary(count, tasks: requests.count, found.leftOut)
        var writer = ExperimentText(
            settings: settings, target: target, isFlow: found.isRecording || settings.isFlow, found: found,
            summary: summary)
        let text = writer.text(of: requests, variables: secrets.variables)
        let used = secrets.variables.filter { text.contains("${env(\($0.name))}") }
        return Imported(
            text: text, files: writer.files, leftOut: found.leftOut, taskCount: requests.count, summary: summary,
            variables: used.map { ($0.name, $0.value) })
    }

    // MARK: Reading

    private static let known = "an HTTP Archive (HAR), OpenAPI 3, a Postman collection 2.1 or curl commands"

    private mutating func read(_ bytes: [UInt8]) throws(Problem) -> Found {
        guard let first = bytes.first(where: { $0 > 0x20 && ![0xEF, 0xBB, 0xBF].contains($0) }) else {
            throw Problem(.usage, "\(settings.source) is empty", nextStep: "It takes \(Self.known).")
        }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            let tree: Tree
            do throws(JSONReader.Failure) {
                tree = try JSONReader.tree(bytes)
            } catch {
                throw problem(error, in: bytes)
            }
            return try read(tree)
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw Problem(
                .usage, "\(settings.source) is no text of UTF-8", nextStep: "It takes \(Self.known).")
        }
        if CurlReader.isCurl(text) { return CurlReader.read(text, file: settings.file) }
        let tree: Tree
        do throws(YAMLTree.Failure) {
            tree = try YAMLTree.tree(text)
        } catch {
            throw Problem(
                .usage, "\(settings.source) cannot be read: \(error.message)",
                nextStep: error.nextStep ?? "It takes \(Self.known).")
        }
        return try read(tree)
    }

    private mutating func read(_ tree: Tree) throws(Problem) -> Found {
        if HARReader.isHAR(tree) { return HARReader.read(tree, wantsStatic: settings.keepsStatic) }
        if OpenAPIReader.isOpenAPI(tree) {
            return try OpenAPIReader.read(
                tree, source: settings.sourceURL, target: settings.target, secrets: &secrets)
        }
        if PostmanReader.isPostman(tree) {
            return try PostmanReader.read(tree, target: settings.target, secrets: &secrets, file: settings.file)
        }
        throw Problem(.usage, "\(settings.source) is none of what can be imported", nextStep: "It takes \(Self.known).")
    }

    private func problem(_ failure: JSONReader.Failure, in bytes: [UInt8]) -> Problem {
        let before = bytes.prefix(failure.offset)
        let line = before.count { $0 == 0x0A } + 1
        let column = failure.offset - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        return failure.isCut
            ? Problem(
                .usage, "\(settings.source) is cut short: its JSON ends in the middle, after \(bytes.count) bytes",
                nextStep: "Export it again.")
            : Problem(
                .usage, "\(settings.source) is not JSON: line \(line), column \(column): \(failure.message)",
                nextStep: "It takes \(Self.known).")
    }

    // MARK: What can be sent

    /// Where the load goes: where most requests went.
    private func target(of found: Found) throws(Problem) -> String {
        if let target = settings.target {
            guard let url = SourceURL(target), url.target == "/", url.user == nil else {
                throw Problem(
                    .usage, "--url takes an address without a path, not \(target.prefix(100))",
                    nextStep: "Write it as http://127.0.0.1:8080.")
            }
            return url.origin
        }
        return Self.mainOrigin(of: found.requests) ?? "http://127.0.0.1"
    }

    private static func mainOrigin(of requests: [SourceRequest]) -> String? {
        var counts: [String: Int] = [:]
        for request in requests { counts[request.origin, default: 0] += 1 }
        let most = counts.values.max()
        return requests.first { counts[$0.origin] == most }?.origin
    }

    private func keepSendable(of found: inout Found, target: String) {
        let main = Self.mainOrigin(of: found.requests)
        var kept: [SourceRequest] = []
        for request in found.requests {
            var request = request
            let shown = Self.shown(request)
            if request.origin != main, request.origin != target {
                found.leave(shown, Reasons.otherHost)
            } else if let reason = Self.reason(against: &request, found, settings) {
                found.leave(shown, reason)
            } else if kept.count == Self.mostTasks {
                found.leave(shown, found.isRecording || settings.isFlow ? Reasons.manySteps : Reasons.manyTasks)
            } else {
                // Applications compare it with their own address.
                for index in request.headers.indices where request.headers[index].name.lowercased() == "origin" {
                    if request.headers[index].value.lowercased() == request.origin {
                        request.headers[index].value = target
                    }
                }
                kept.append(request)
            }
        }
        found.requests = kept
    }

    private static func reason(
        against request: inout SourceRequest, _ found: Found, _ settings: ImportSettings
    ) -> String? {
        guard request.method.utf8.allSatisfy(SentHeaders.isNameByte), (1...60).contains(request.method.utf8.count),
            request.method != "CONNECT"
        else { return "a method that cannot be sent" }
        guard request.target.utf8.count <= 1900 else { return "an address longer than 1900 characters" }
        if let reason = BodyChoice.choose(for: &request, savesFiles: settings.savesFiles) { return reason }
        return SentHeaders.choose(in: &request, isRecording: found.isRecording)
    }

    private static func shown(_ request: SourceRequest) -> String {
        let address = Marked.mapped(HARReader.shown(request.origin + request.target), text: { $0 }) { "{\($0)}" }
        return "\(request.method) \(address) (\(request.place.prefix(80)))"
    }

    /// Values that no task takes any more, for example since that one was left out.
    private mutating func giveUnknownValues(in requests: inout [SourceRequest]) {
        var had: Set<String> = []
        while true {
            let more = requests.filter { $0.needs.isSubset(of: had) }.flatMap { $0.takes.map(\.name) }
            guard !had.isSuperset(of: more) else { break }
            had.formUnion(more)
        }
        for index in requests.indices {
            for name in requests[index].needs.subtracting(had).sorted() {
                let known = secrets.placeholder(forUnknown: name, use: "a value that no task takes")
                requests[index] = requests[index].exchanging(Marked.placeholder(name), for: known)
            }
        }
    }

    // MARK: Counts

    private static func summary(_ count: Int, tasks: Int, _ leftOut: [LeftOut]) -> String {
        var text = "\(count) \(count == 1 ? "request" : "requests"): \(tasks) \(tasks == 1 ? "task" : "tasks")"
        guard !leftOut.isEmpty else { return text }
        var reasons: [(reason: String, count: Int)] = []
        for left in leftOut {
            if let index = reasons.firstIndex(where: { $0.reason == left.reason }) {
                reasons[index].count += 1
            } else {
                reasons.append((left.reason, 1))
            }
        }
        text += ", \(leftOut.count) left out: "
        return text + reasons.map { Reasons.counted($0.reason, $0.count) }.joined(separator: ", ")
    }
}
