import Model

/// Reads `load.tasks`.
struct TaskDecoder {
    let log: FaultLog
    let folder: String
    let dataset: Dataset?

    func tasks(_ value: YAMLValue) -> [LoadTask]? {
        if case .broken = value.content { return nil }
        guard case .list(let values) = value.content, (1...100).contains(values.count) else {
            log.add("tasks: expected a list of 1 to 100 tasks, found \(value.foundAsList)", at: value.place)
            return nil
        }
        var lines: [String: Int] = [:]
        let tasks = values.map { value in
            task(value) { name, place in
                if let line = lines[name] {
                    log.add("name: the task \"\(name)\" is already on line \(line)", at: place)
                }
                lines[name] = place.line
            }
        }
        return tasks.allSatisfy { $0 != nil } ? tasks.compactMap(\.self) : nil
    }

    private func task(_ value: YAMLValue, named: (String, Place) -> Void) -> LoadTask? {
        guard let fields = Fields(value, "a task", known: DefinitionKeys.task, log: log) else { return nil }
        let name = fields.required("name") { try $0.name(alsoAllowed: ["_"]) }
        if let name, let entry = fields.entry("name") { named(name, entry.value.place) }
        let weight = fields.optional("weight", default: 1) { try $0.integer(in: 1...1000) }
        let request = self.request(fields)
        let bodies = fields.entry("body").map { self.bodies($0, method: request?.method) } ?? []
        let expect = fields.nested("expect", default: Expectation(), self.expectation)
        guard let name, let weight, let request, let bodies, let expect else { return nil }
        return LoadTask(
            name: name, weight: weight, method: request.method, path: request.path, pathPieces: request.pieces,
            bodies: bodies, expect: expect)
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
        do throws(DefinitionFault) {
            let text = try SourceText(bytes: Array(path.utf8), file: log.file)
            return (method, path, try BodyParser(text: text, file: log.file, dataset: dataset).pieces())
        } catch {
            log.add("\(entry.key): \(error.message)", at: entry.value.place)
            return nil
        }
    }

    private func path(_ value: YAMLValue) throws(Unreadable) -> String {
        let path = try value.scalar("a path such as /orders")
        guard path.hasPrefix("/") else {
            throw Unreadable("expected a path such as /orders, found \"\(path.shortened)\"")
        }
        guard path.utf8.count <= 2000 else { throw Unreadable("longer than 2000 characters") }
        // Blanks within a placeholder are not sent.
        let sent = path.replacing(/\$\{[^}]*\}/, with: "$")
        guard sent.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw Unreadable(
                "\"\(path.shortened)\" has a character that a path cannot hold; write it as %20 and the like")
        }
        return path
    }

    private func expectation(_ value: YAMLValue) -> Expectation? {
        guard let fields = Fields(value, "expect", known: DefinitionKeys.expectation, log: log) else { return nil }
        let status = fields.optional("status", default: 200) { try $0.integer(in: 100...599) }
        let keys = fields.optional("has", default: []) { try self.keys($0) }
        let kind = fields.optional("is", default: nil) { try $0.choice(Expectation.JSONKind.self) }
        guard let status, let keys, let kind else { return nil }
        if kind == .list, let entry = fields.entry("has"), !keys.isEmpty {
            log.add("has: a list has no keys; leave out \"has\" or write \"is: object\"", at: entry.value.place)
            return nil
        }
        return Expectation(status: status, has: keys, jsonKind: kind)
    }

    private func keys(_ value: YAMLValue) throws(Unreadable) -> [String] {
        guard case .list(let values) = value.content else { return [try value.line(longest: 200)] }
        guard values.count <= 50 else { throw Unreadable("more than 50 keys") }
        var keys: [String] = []
        for value in values { keys.append(try value.line(longest: 200)) }
        return keys
    }

    private func bodies(_ entry: YAMLValue.Entry, method: HTTPMethod?) -> [BodyTemplate]? {
        if let method, method != .post, method != .put {
            log.add("body: a \(method.rawValue) request has none", at: entry.keyPlace)
        }
        let reader = BodyFile(log: log, folder: folder, dataset: dataset)
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
