import Model

/// Reads `expect` of a task.
struct CheckDecoder {
    let log: FaultLog

    func check(_ value: YAMLValue) -> Check? {
        guard let fields = Fields(value, "expect", known: DefinitionKeys.check, log: log) else { return nil }
        let statuses = fields.optional("status", default: [200...200]) { try self.statuses($0) }
        let keys = fields.optional("has", default: []) { try self.keys($0) }
        let kind = fields.optional("is", default: nil) { try $0.choice(Check.JSONKind.self) }
        let headers = fields.nested("headers", default: []) { self.entries($0, "headers", self.header) }
        let equals = fields.nested("equals", default: []) { self.entries($0, "equals", self.equality) }
        let errorKeys = fields.optional("error_keys", default: ErrorKeys.fail) { try $0.choice() }
        let size: ClosedRange<Int>?? = fields.optional("size", default: nil) { try Quantity.sizes($0.scalar("a size")) }
        guard let statuses, let status = statuses.first?.lowerBound, let keys, let kind, let headers, let equals,
            let errorKeys, let size
        else { return nil }
        if kind == .list, let entry = fields.entry("has"), !keys.isEmpty {
            log.add("has: a list has no keys; leave out \"has\" or write \"is: object\"", at: entry.value.place)
            return nil
        }
        return Check(
            status: status, has: keys, jsonKind: kind, headers: headers, equals: equals, size: size,
            allowsErrorKeys: errorKeys == .allow, otherStatuses: statuses == [status...status] ? [] : statuses)
    }

    /// `201`, `2xx`, or a list of such.
    func statuses(_ value: YAMLValue) throws(Unreadable) -> [ClosedRange<Int>] {
        guard case .list(let values) = value.content else { return [try status(value)] }
        guard (1...50).contains(values.count) else { throw Unreadable("expected 1 to 50 statuses") }
        var statuses: [ClosedRange<Int>] = []
        for value in values { statuses.append(try status(value)) }
        return statuses
    }

    private func status(_ value: YAMLValue) throws(Unreadable) -> ClosedRange<Int> {
        if case .scalar(let text, _) = value.content, text.utf8.count == 3, text.lowercased().hasSuffix("xx"),
            let first = text.first.flatMap({ Int(String($0)) }), (1...5).contains(first)
        {
            return first * 100...first * 100 + 99
        }
        let code = try value.integer(in: 100...599)
        return code...code
    }

    private func keys(_ value: YAMLValue) throws(Unreadable) -> [String] {
        guard case .list(let values) = value.content else { return [try value.line(longest: 200)] }
        guard values.count <= 50 else { throw Unreadable("more than 50 keys") }
        var keys: [String] = []
        for value in values { keys.append(try value.line(longest: 200)) }
        return keys
    }

    private func entries<Element>(
        _ value: YAMLValue, _ name: String, _ read: (YAMLValue.Entry) throws(Unreadable) -> Element
    ) -> [Element]? {
        value.entries(of: name, log: log)?.each(log, read)
    }

    private func header(_ entry: YAMLValue.Entry) throws(Unreadable) -> ExpectedHeader {
        guard entry.key.isHeaderName else { throw Unreadable("this is not the name of a header") }
        return ExpectedHeader(name: entry.key, value: try entry.value.line(longest: 1000))
    }

    private func equality(_ entry: YAMLValue.Entry) throws(Unreadable) -> ExpectedValue {
        guard let path = JSONPath(rawValue: entry.key) else {
            throw Unreadable("this is not a path; write for example items[0].quantity")
        }
        guard case .scalar(let text, let isQuoted) = entry.value.content else {
            throw Unreadable("expected text, a number, true, false or null, found \(entry.value.found)")
        }
        let value: JSONScalar =
            if isQuoted { .string(text) } else if entry.value.isNothing {
                .null
            } else if text == "true" || text == "false" {
                .bool(text == "true")
            } else if let digits = text.wholeBeyondDoubles {
                .whole(digits)
            } else if let number = Double(text), number.isFinite { .number(number) } else { .string(text) }
        return ExpectedValue(path: path, value: value)
    }
}

/// Whether a good status with an error in its body is a failure.
private enum ErrorKeys: String, CaseIterable {
    case fail, allow
}

extension String {
    /// The text of a whole number that a double cannot tell from its neighbours; nil for any other text.
    fileprivate var wholeBeyondDoubles: String? {
        let digits = hasPrefix("-") ? dropFirst() : self[...]
        guard digits.utf8.count >= 16, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        if let value = Int(self), value.magnitude <= 1 << 53 { return nil }
        return self
    }
}

extension Quantity {
    /// `512B`, or two bounds: `1B..64kB`.
    static func sizes(_ text: String) throws(Unreadable) -> ClosedRange<Int> {
        var bounds: [Int] = []
        for bound in text.split(separator: "..", maxSplits: 1, omittingEmptySubsequences: false) {
            bounds.append(try size(String(bound).trimmed))
        }
        guard let least = bounds.first, let most = bounds.last, least <= most else {
            throw Unreadable("the bounds of \(text.shortened) are in the wrong order")
        }
        return least...most
    }

    private static func size(_ text: String) throws(Unreadable) -> Int {
        let units = ["B": 1, "kB": 1000, "KiB": 1024, "MB": 1_000_000, "MiB": 1_048_576]
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = String(text.dropFirst(digits.count)).trimmed
        guard let number = Int(digits), number <= 1_000_000_000 else {
            throw Unreadable("expected a size such as 512B or 1B..64kB, found \"\(text.shortened)\"")
        }
        guard let scale = units[unit] else {
            let wrong = unit.isEmpty ? "\(text.shortened) has no unit" : "\"\(unit.shortened)\" is not a unit of size"
            throw Unreadable("\(wrong); write B, kB, KiB, MB or MiB, for example 512B")
        }
        return number * scale
    }
}

extension YAMLValue {
    /// The entries of a mapping whose keys are the user's own, at most 50.
    func entries(of name: String, log: FaultLog) -> [Entry]? {
        if case .broken = content { return nil }
        guard case .mapping(let entries) = content, entries.count <= 50 else {
            log.add("\(name): expected at most 50 names and values, found \(found)", at: place)
            return nil
        }
        return entries
    }
}

extension [YAMLValue.Entry] {
    /// Reads every entry, so that all faults are found.
    func each<Value>(_ log: FaultLog, _ read: (YAMLValue.Entry) throws(Unreadable) -> Value) -> [Value]? {
        let elements = map { entry -> Value? in
            do throws(Unreadable) {
                return try read(entry)
            } catch {
                log.add("\(entry.key.shortened): \(error.message)", at: entry.value.place)
                return nil
            }
        }
        return elements.allSatisfy { $0 != nil } ? elements.compactMap(\.self) : nil
    }
}

extension String {
    /// RFC 9110, section 5.6.2.
    var isHeaderName: Bool {
        (1...100).contains(utf8.count)
            && unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                        || "!#$%&'*+-.^_`|~".unicodeScalars.contains(scalar))
            }
    }
}
