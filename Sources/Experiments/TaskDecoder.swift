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

    func tasks(_ value: YAMLValue) -> [LoadTask]? {
        if case .broken = value.content { return nil }
        guard case .list(let values) = value.content, (1...100).contains(values.count) else {
            log.add("tasks: expected a list of 1 to 100 tasks, found \(value.foundAsList)", at: value.place)
            return nil
        }
        var decoder = self
        decoder.variables = values.flatMap(\.takenNames)
        return decoder.tasks(of: values)
    }

    private func tasks(of values: [YAMLValue]) -> [LoadTask]? {
        var lines: [String: Int] = [:]
        let tasks = values.map { value in
            task(value) { name, place in
                if let line = lines[name] {
                    log.add("name: the task \"\(name)\" is already on line \(line)", at: place)
                }
                lines[name] = place.line
            }
        }
        guard tasks.allSatisfy({ $0 != nil }) else { return nil }
        let complete = tasks.compactMap(\.self)
        checkOrder(complete, at: values.map(\.place))
        return complete
    }

    /// Every value must be had before it is needed: from a task that can be sent without it.
    private func checkOrder(_ tasks: [LoadTask], at places: [Place]) {
        var had: Set<String> = []
        while true {
            let more = tasks.filter { had.isSuperset(of: $0.needs) }.flatMap(\.takes).map(\.name)
            guard !had.isSuperset(of: more) else { break }
            had.formUnion(more)
        }
        for (task, place) in zip(tasks, places) {
            guard let missing = task.needs.first(where: { !had.contains($0) }) else { continue }
            log.add(
                "\(task.name): needs \"\(missing)\", but no task that can be sent before it takes that value", at: place
            )
        }
    }

    private func task(_ value: YAMLValue, named: (String, Place) -> Void) -> LoadTask? {
        guard let fields = Fields(value, "a task", known: DefinitionKeys.task, log: log) else { return nil }
        let name = fields.required("name") { try $0.name(alsoAllowed: ["_"]) }
        if let name, let entry = fields.entry("name") { named(name, entry.value.place) }
        let weight = fields.optional("weight", default: 1) { try $0.integer(in: 1...1000) }
        let request = self.request(fields)
        let bodies = fields.entry("body").map { self.bodies($0, method: request?.method) } ?? []
        let expect = fields.nested(
            "expect", default: Check(), CheckDecoder(log: log).check)
        let headers = fields.nested("headers", default: [], self.headers)
        let takes = fields.nested("take", default: [], self.takes)
        if request?.method == .head { refuseBody(fields, takes: takes ?? []) }
        let forgets = fields.optional("forget", default: []) { try self.forgets($0) }
        let group: String?? = fields.optional("group", default: nil) { try $0.name(alsoAllowed: ["_"]) }
        guard let name, let weight, let request, let bodies, let expect, let headers, let takes, let forgets, let group
        else { return nil }
        return LoadTask(
            name: name, weight: weight, method: request.method, path: request.path, pathPieces: request.pieces,
            headers: headers, bodies: bodies, expect: expect, takes: takes, forgets: forgets, group: group)
    }

    /// No answer to HEAD has a body (RFC 9110, section 9.3.2): what is asked of it would fail each time.
    private func refuseBody(_ fields: Fields, takes: [Take]) {
        let expected = fields.entry("expect")?.value.entries ?? []
        for entry in expected where DefinitionKeys.bodyChecks.contains(entry.key) {
            log.add("\(entry.key): the answer to a HEAD request has no body", at: entry.keyPlace)
        }
        let inBody = takes.filter { if case .json = $0.source { true } else { false } }.map(\.name)
        for entry in fields.entry("take")?.value.entries ?? [] where inBody.contains(entry.key) {
            log.add(
                "\(entry.key): the answer to a HEAD request has no body; take it from a header", at: entry.value.place)
        }
    }

    private func request(_ fields: Fields) -> (method: HTTPMethod, path: String, pieces: [BodyTemplate.Piece])? {
        let methods = HTTPMethod.allCases.filter { fields.entry($0.rawValue.lowercased()) != nil }
        guard let method = methods.first else {
            let names = DefinitionKeys.methods.joined(separator: ", ")
            log.add("a task: one of \(names) with a path is missing", at: fields.place)
            return nil
        }
        for other in methods.dropFirst() {
            guard let entry = fields.entry(other.rawValue.lowercased()) else { continue }
            log.add("a task has one request; \"\(entry.key)\" is the second", at: entry.keyPlace)
        }
        guard let entry = fields.entry(method.rawValue.lowercased()),
            let path = fields.required(entry.key, { try self.path($0) })
        else { return nil }
        guard path.contains("$") else { return (method, path, []) }
        do throws(Unreadable) {
            return (method, path, try pieces(path))
        } catch {
            log.add("\(entry.key): \(error.message)", at: entry.value.place)
            return nil
        }
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
        value.entries(of: "headers", log: log)?.each(log) { entry throws(Unreadable) in
            guard entry.key.isHeaderName else { throw Unreadable("this is not the name of a header") }
            guard !["content-length", "transfer-encoding", "connection"].contains(entry.key.lowercased()) else {
                throw Unreadable("the load generator writes it; leave it out")
            }
            let text = try entry.value.line(longest: 2000)
            guard text.unicodeScalars.allSatisfy({ (0x20...0x7E).contains($0.value) }) else {
                throw Unreadable("a header holds ASCII characters only")
            }
            return HeaderTemplate(name: entry.key, pieces: try pieces(text))
        }
    }

    /// `order_id`, `items[0].id`, or `header Location`.
    private func takes(_ value: YAMLValue) -> [Take]? {
        value.entries(of: "take", log: log)?.each(log) { entry throws(Unreadable) in
            guard entry.key.isValueName, !Placeholder.words.contains(entry.key) else {
                throw Unreadable("this cannot name a value; write letters, digits and underscores")
            }
            let text = try entry.value.line(longest: 200)
            if text.hasPrefix("header ") {
                let name = String(text.dropFirst(7)).trimmed
                guard name.isHeaderName else { throw Unreadable("\"\(name.shortened)\" is not the name of a header") }
                return Take(name: entry.key, source: .header(name))
            }
            guard let path = JSONPath(rawValue: text) else {
                throw Unreadable(
                    "\"\(text.shortened)\" is not a path; write for example order_id, items[0].id or header Location")
            }
            return Take(name: entry.key, source: .json(path))
        }
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

    private func pieces(_ text: String) throws(Unreadable) -> [BodyTemplate.Piece] {
        do throws(DefinitionFault) {
            let source = try SourceText(bytes: Array(text.utf8), file: "")
            return try BodyParser(text: source, file: "", placeholders: files.placeholders).pieces()
        } catch {
            throw Unreadable(error.message)
        }
    }

    private func bodies(_ entry: YAMLValue.Entry, method: HTTPMethod?) -> [BodyTemplate]? {
        if let method, !method.hasBody {
            log.add("body: a \(method.rawValue) request has none", at: entry.keyPlace)
        }
        let reader = files
        switch entry.value.content {
        case .broken: return nil
        case .scalar, .list:
            return reader.pieces(of: entry.value, named: "body").map { [BodyTemplate(share: 1, pieces: $0)] }
        case .mapping(let files):
            var total = 0.0
            let bodies = files.map { file -> BodyTemplate? in
                let name = YAMLValue(place: file.keyPlace, content: .scalar(file.key, quoted: true))
                let pieces = reader.pieces(of: name, named: "body")
                do throws(Unreadable) {
                    let share = try file.value.share(in: 0...1)
                    total += share
                    return pieces.map { BodyTemplate(share: share, pieces: $0) }
                } catch {
                    log.add("\(file.key.shortened): \(error.message)", at: file.value.place)
                    return nil
                }
            }
            guard bodies.allSatisfy({ $0 != nil }) else { return nil }
            if abs(total - 1) > 0.000_1 {
                let sum = Quantity.written(share: total)
                log.add("body: the shares add up to \(sum); they must add up to 100%", at: entry.value.place)
            }
            return bodies.compactMap(\.self)
        }
    }
}

extension YAMLValue {
    /// The names under `take` of a task, whatever else is wrong with it.
    fileprivate var takenNames: [String] {
        entries.last { $0.key == "take" }?.value.entries.map(\.key) ?? []
    }
}
