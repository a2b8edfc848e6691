/// A mapping of the definition with its known keys. Reading a key that is missing or wrong adds to the log and gives nil,
/// so that one pass finds all faults.
struct Fields {
    let place: Place
    let log: FaultLog
    private let name: String
    private let entries: [YAMLValue.Entry]
    /// Known keys that an unknown one most likely stands for: they are misspelt, not missing.
    private let misspelt: Set<String>

    /// - Parameter name: what the mapping is, for messages: `load`.
    /// - Returns: nil when the value is not a mapping.
    init?(_ value: YAMLValue, _ name: String, known: [String], log: FaultLog) {
        guard case .mapping(let entries) = value.content else {
            if case .broken = value.content { return nil }
            let keys = known.prefix(3).joined(separator: ", ") + (known.count > 3 ? ", …" : "")
            log.add("\(name): expected keys and values (\(keys)), found \(value.found)", at: value.place)
            return nil
        }
        place = value.place
        self.log = log
        self.name = name
        self.entries = entries
        let unknown = entries.filter { !known.contains($0.key) }
        misspelt = Set(unknown.compactMap { NearestName.nearest(to: $0.key, among: known) })
        for entry in unknown {
            let advice = NearestName.advice(for: entry.key, among: known)
            log.add("unknown key \"\(entry.key.shortened)\" in \(name); \(advice)", at: entry.keyPlace)
        }
    }

    func entry(_ key: String) -> YAMLValue.Entry? {
        entries.last { $0.key == key }
    }

    /// Reports that none of these keys is there, unless one of them is there under a wrong name.
    func missing(_ keys: String...) {
        guard misspelt.isDisjoint(with: keys) else { return }
        log.add("\(name): \(keys.map { "\"\($0)\"" }.joined(separator: " or ")) is missing", at: place)
    }

    /// - Returns: nil when the key is missing, which is a fault, or the reading failed.
    func required<Value>(_ key: String, _ read: (YAMLValue) throws -> Value) -> Value? {
        guard let entry = entry(key) else {
            missing(key)
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
            missing(key)
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
