import Model

/// Reads `load.tasks`.
struct TaskDecoder {
    let log: FaultLog
    let folder: String
    let dataset: Dataset?
    /// Names of the values that the tasks take out of answers.
    private var variables: [String] = []

    init(log: FaultLog, folder: String, dataset: Dataset?) {
        self.log = log
        self.folder = folder
        self.dataset = dataset
    }

    private var files: BodyFile { BodyFile(log: log, folder: folder, dataset: dataset, variables: variables) }

    /// The tasks, and those of the setup.
    func tasks(_ value: YAMLValue, setup: YAMLValue? = nil) -> (tasks: [LoadTask], setup: [LoadTask])? {
        var decoder = self
        let all = Self.elements(value) + (setup.map(Self.elements) ?? [])
        decoder.variables = all.flatMap { [$0] + ($0.flow ?? []) }.flatMap(\.takenNames)
        var names = Names()
        let before = setup.map { decoder.list($0, named: "setup", &names, isSetup: true) } ?? []
        let tasks = decoder.list(value, named: "tasks", &names, isSetup: false)
        guard let before, let tasks else { return nil }
        checkOrder(tasks.map(\.task), at: tasks.map(\.place), after: before.map(\.task), at: before.map(\.place))
        return (tasks.map(\.task), before.map(\.task))
    }

    /// Names of tasks, with the lines where they stand.
    private struct Names {
        var lines: [String: Int] = [:]
    }

    private static func elements(_ value: YAMLValue) -> [YAMLValue] {
        if case .list(let values) = value.content { values } else { [] }
    }

    private func list(
        _ value: YAMLValue, named key: String, _ names: inout Names, isSetup: Bool
    ) -> [(task: LoadTask, place: Place)]? {
        if case .broken = value.content { return nil }
        guard case .list(let values) = value.content, (1...100).contains(values.count) else {
            log.add("\(key): expected a list of 1 to 100 tasks, found \(value.foundAsList)", at: value.place)
            return nil
        }
        var tasks: [(task: LoadTask, place: Place)?] = []
        for value in values {
            if value.entries.contains(where: { $0.key == "flow" }), !isSetup {
                tasks += flow(value, &names)
            } else {
                let known = isSetup ? DefinitionKeys.step : DefinitionKeys.task
                tasks.append(task(value, known: known, &names).map { (task: $0, place: value.place) })
            }
        }
        guard tasks.allSatisfy({ $0 != nil }) else { return nil }
        return tasks.compactMap { $0 }
    }

    /// Steps that follow each other; the flow is drawn as a whole.
    private func flow(_ value: YAMLValue, _ names: inout Names) -> [(task: LoadTask, place: Place)?] {
        guard let fields = Fields(value, "a flow", known: DefinitionKeys.flow, log: log) else { return [nil] }
        let name = fields.required("name") { try $0.name(alsoAllowed: ["_"]) }
        let weight = fields.optional("weight", default: 1) { try $0.integer(in: 1...1000) }
        if let name, let entry = fields.entry("name") { note(name, at: entry.value.place, in: &names) }
        guard let steps = value.flow, (1...100).contains(steps.count) else {
            if let entry = fields.entry("flow") {
                log.add(
                    "flow: expected a list of 1 to 100 steps, found \(entry.value.foundAsList)", at: entry.value.place)
            }
            return [nil]
        }
        return steps.enumerated().map { number, step in
            guard var task = task(step, known: DefinitionKeys.step, &names), let name, let weight else { return nil }
            task.order = .step(number, of: name)
            task.weight = weight
            if task.group == nil { task.group = name }
            return (task: task, place: step.place)
        }
    }

    private func note(_ name: String, at place: Place, in names: inout Names) {
        if let line = names.lines[name] {
            log.add("name: the task \"\(name)\" is already on line \(line)", at: place)
        }
        names.lines[name] = place.line
    }

    /// Every value must be had before it is needed: from a task that can be sent without it. Those of the setup and of a
    /// user's beginning are sent in their order.
    private func checkOrder(_ tasks: [LoadTask], at places: [Place], after setup: [LoadTask], at setupPlaces: [Place]) {
        var had: Set<String> = []
        let beginning = zip(tasks, places).filter { $0.0.order == .once }
        for (task, place) in Array(zip(setup, setupPlaces)) + beginning {
            check(task, had, at: place)
            had.formUnion(task.takes.map(\.name))
        }
        while true {
            let more = tasks.filter { had.isSuperset(of: $0.needs) }.flatMap(\.takes).map(\.name)
            guard !had.isSuperset(of: more) else { break }
            had.formUnion(more)
        }
        for (task, place) in zip(tasks, places) where task.order != .once { check(task, had, at: place) }
        if let place = places.first, tasks.allSatisfy({ $0.order == .once }) {
            log.add("tasks: each is sent once per user; one without \"once\" is missing", at: place)
        }
    }

    private func check(_ task: LoadTask, _ had: Set<String>, at place: Place) {
        guard let missing = task.needs.first(where: { !had.contains($0) }) else { return }
        log.add(
            "\(task.name): needs \"\(missing)\", but no task that can be sent before it takes that value", at: place)
    }

    private func task(_ value: YAMLValue, known: [String], _ names: inout Names) -> LoadTask? {
        guard let fields = Fields(value, "a task", known: known, log: log) else { return nil }
        let name = fields.required("name") { try $0.name(alsoAllowed: ["_"]) }
        if let name, let entry = fields.entry("name") { note(name, at: entry.value.place, in: &names) }
        let weight = fields.optional("weight", default: 1) { try $0.integer(in: 1...1000) }
        let once = fields.optional("once", default: false) { try $0.truth() }
        let request = self.request(fields)
        let body = BodyDecoder(log: log, files: files).body(fields, method: request?.method)
        let expect = fields.nested(
            "expect", default: Check(), CheckDecoder(log: log).check)
        let headers = fields.nested("headers", default: [], self.headers)
        let takes = fields.nested("take", default: [], TakeDecoder(log: log).takes)
        if request?.method == .head { refuseBody(fields, takes: takes ?? []) }
        let forgets = fields.optional("forget", default: []) { try self.forgets($0) }
        let group: String?? = fields.optional("group", default: nil) { try $0.name(alsoAllowed: ["_"]) }
        let codings: String?? = fields.optional("accept_encoding", default: nil) { try self.codings($0) }
        let follow: Int?? = fields.optional("follow", default: nil) { try $0.integer(in: 1...20) }
        let thinkTime: ThinkTime?? = fields.optional("think_time", default: nil) {
            try LoadDecoder(log: log, folder: folder, dataset: dataset).thinkTime($0)
        }
        if once == true, let entry = fields.entry("weight") {
            log.add("weight: a task that each user does once is not drawn; leave it out", at: entry.keyPlace)
        }
        guard let name, let weight, let once, let request, let body, let expect, let headers, let takes, let forgets,
            let group, let codings, let follow, let thinkTime
        else { return nil }
        let own = Set(headers.map { $0.name.lowercased() })
        let added = [("Content-Type", body.type), ("Accept-Encoding", codings)].compactMap { name, value in
            value.flatMap { own.contains(name.lowercased()) ? nil : HeaderTemplate(name: name, pieces: [.text($0)]) }
        }
        return LoadTask(
            name: name, weight: weight, method: request.method, path: request.path, pathPieces: request.pieces,
            headers: headers + added, bodies: body.bodies, expect: expect, takes: takes, forgets: forgets, group: group,
            order: once ? .once : nil, follow: follow, thinkTime: thinkTime)
    }

    /// No answer to HEAD has a body (RFC 9110, section 9.3.2): what is asked of it would fail each time.
    private func refuseBody(_ fields: Fields, takes: [Take]) {
        let expected = fields.entry("expect")?.value.entries ?? []
        for entry in expected where DefinitionKeys.bodyChecks.contains(entry.key) {
            log.add("\(entry.key): the answer to a HEAD request has no body", at: entry.keyPlace)
        }
        let inBody = takes.filter { take in
            switch take.source {
            case .json, .pattern, .element: true
            case .header, .cookie: false
            }
        }.map(\.name)
        for entry in fields.entry("take")?.value.entries ?? [] where inBody.contains(entry.key) {
            log.add(
                "\(entry.key): the answer to a HEAD request has no body; take it from a header", at: entry.value.place)
        }
    }

    private func request(_ fields: Fields) -> (method: HTTPMethod, path: String, pieces: [BodyTemplate.Piece])? {
        let keys = (DefinitionKeys.methods + ["request"]).filter { fields.entry($0) != nil }
        guard let key = keys.first, let entry = fields.entry(key) else {
            let names = DefinitionKeys.methods.joined(separator: ", ")
            log.add("a task: one of \(names) with a path is missing", at: fields.place)
            return nil
        }
        for other in keys.dropFirst().compactMap(fields.entry) {
            log.add("a task has one request; \"\(other.key)\" is the second", at: other.keyPlace)
        }
        guard let (method, path) = fields.required(key, { try self.line($0, key: key) }) else { return nil }
        guard path.contains("$") else { return (method, path, []) }
        do throws(Unreadable) {
            return (method, path, try pieces(path))
        } catch {
            log.add("\(entry.key): \(error.message)", at: entry.value.place)
            return nil
        }
    }

    /// A path under the key of a method; or `PURGE /path` under `request`.
    private func line(_ value: YAMLValue, key: String) throws(Unreadable) -> (HTTPMethod, String) {
        guard key == "request" else { return (HTTPMethod(rawValue: key.uppercased()), try path(value)) }
        let words = try value.line(longest: 2100).split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, words[0].isHeaderName else {
            throw Unreadable("expected a method and a path such as PURGE /cache, found \(value.found)")
        }
        let rest = YAMLValue(place: value.place, content: .scalar(words[1].trimmed, quoted: true))
        return (HTTPMethod(rawValue: words[0]), try path(rest))
    }

    private func path(_ value: YAMLValue) throws(Unreadable) -> String {
        let path = try value.scalar("a path such as /orders")
        guard path.hasPrefix("/") || path.hasPrefix("${") else {
            throw Unreadable("expected a path such as /orders, found \"\(path.shortened)\"")
        }
        guard path.utf8.count <= 2000 else { throw Unreadable("longer than 2000 characters") }
        // Blanks within a placeholder are not sent.
        let sent = path.replacing(/\$\{[^}]*\}/, with: "$")
        guard sent.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw Unreadable(
                "\"\(path.shortened)\" has a character that is not allowed in a path; encode it, for example as %20")
        }
        return path
    }

    private func headers(_ value: YAMLValue) -> [HeaderTemplate]? {
        let fields = value.entries(of: "headers", log: log)?.each(log) { entry throws(Unreadable) in
            guard entry.key.isHeaderName else { throw Unreadable("this is not the name of a header") }
            guard !["content-length", "transfer-encoding", "connection"].contains(entry.key.lowercased()) else {
                throw Unreadable("the load generator writes it; leave it out")
            }
            // A list is a field with several lines.
            let values: [YAMLValue] = if case .list(let values) = entry.value.content { values } else { [entry.value] }
            guard (1...50).contains(values.count) else { throw Unreadable("expected 1 to 50 values") }
            var lines: [HeaderTemplate] = []
            for value in values {
                let text = try value.line(longest: 2000)
                guard text.unicodeScalars.allSatisfy({ (0x20...0x7E).contains($0.value) }) else {
                    throw Unreadable("a header holds ASCII characters only")
                }
                lines.append(HeaderTemplate(name: entry.key, pieces: try pieces(text)))
            }
            return lines
        }
        return fields?.flatMap(\.self)
    }

    private func forgets(_ value: YAMLValue) throws(Unreadable) -> [String] {
        var names: [String] = []
        let values: [YAMLValue] = if case .list(let values) = value.content { values } else { [value] }
        for value in values.prefix(64) {
            let name = try value.line(longest: 60)
            guard variables.contains(name) else {
                throw Unreadable("no task takes a value \"\(name.shortened)\"")
            }
            names.append(name)
        }
        return names
    }

    private func pieces(_ text: String) throws(Unreadable) -> [BodyTemplate.Piece] { try files.pieces(inline: text) }

    /// What is asked for of the codings that can be read.
    private func codings(_ value: YAMLValue) throws(Unreadable) -> String {
        let values: [YAMLValue] = if case .list(let values) = value.content { values } else { [value] }
        var names: [String] = []
        for value in values.prefix(10) { names.append(try value.choice(Coding.self).rawValue) }
        return names.joined(separator: ", ")
    }

    private enum Coding: String, CaseIterable {
        case gzip, deflate, br, identity
    }
}

extension YAMLValue {
    /// The steps of a flow.
    fileprivate var flow: [YAMLValue]? {
        guard case .list(let steps) = entries.last(where: { $0.key == "flow" })?.value.content else { return nil }
        return steps
    }

    /// The names under `take` of a task, whatever else is wrong with it.
    fileprivate var takenNames: [String] {
        entries.last { $0.key == "take" }?.value.entries.map(\.key) ?? []
    }
}
