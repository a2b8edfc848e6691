/// A mapping of the definition with its known keys. Reading a key that is missing or wrong adds to the log and gives nil,
/// so that one pass finds all faults.
struct Fields {
    let place: Place
    let log: FaultLog
    private let name: String
    private let entries: [YAMLValue.Entry]

    /// - Parameter name: what the mapping is, for messages: `load`.
    /// - Returns: nil when the value is not a mapping.
    init?(_ value: YAMLValue, _ name: String, known: [String], log: FaultLog) {
        guard case .mapping(let entries) = value.content else {
            if case .broken = value.content { return nil }
            let example = "keys and values (\(known.prefix(3).joined(separator: ", ")), …)"
            log.add("\(name): expected \(example), found \(value.found)", at: value.place)
            return nil
        }
        place = value.place
        self.log = log
        self.name = name
        self.entries = entries
        for entry in entries where !known.contains(entry.key) {
            let advice = NearestName.advice(for: entry.key, among: known)
            log.add("unknown key \"\(entry.key.shortened)\" in \(name); \(advice)", at: entry.keyPlace)
        }
    }

    func entry(_ key: String) -> YAMLValue.Entry? {
        entries.last { $0.key == key }
    }

    /// - Returns: nil when the key is missing, which is a fault, or the reading failed.
    func required<Value>(_ key: String, _ read: (YAMLValue) throws -> Value) -> Value? {
        guard let entry = entry(key) else {
            log.add("\(name): \"\(key)\" is missing", at: place)
            return nil
        }
        return self.read(entry, read)
    }

    /// - Returns: the default when the key is missing, nil when the reading failed.
    func optional<Value>(
        _ key: String, default value: Value, _ read: (YAMLValue) throws -> Value
    ) -> Value? {
        guard let entry = entry(key) else { return value }
        return self.read(entry, read)
    }

    private func read<Value>(_ entry: YAMLValue.Entry, _ read: (YAMLValue) throws -> Value) -> Value? {
        if case .broken = entry.value.content { return nil }
        do {
            return try read(entry.value)
        } catch {
            let message = (error as? Unreadable)?.message ?? "\(error)"
            log.add("\(entry.key): \(message)", at: entry.value.place)
            return nil
        }
    }

    /// A key whose value reports its own faults.
    func nested<Value>(_ key: String, _ read: (YAMLValue) -> Value?) -> Value? {
        guard let entry = entry(key) else {
            log.add("\(name): \"\(key)\" is missing", at: place)
            return nil
        }
        return read(entry.value)
    }

    /// The same for a key that may be left out.
    func nested<Value>(_ key: String, default value: Value, _ read: (YAMLValue) -> Value?) -> Value? {
        guard let entry = entry(key) else { return value }
        return read(entry.value)
    }
}
