import Model

/// Reads `faults`, what is done to parts of the stack during the load.
struct FaultDecoder {
    let log: FaultLog
    /// nil when `stack` has faults of its own.
    let stack: StackDefinition?
    /// nil when `load` has faults of its own.
    let load: LoadDefinition?

    private static let most = 100
    private static let actions = ["kill", "start", "pause", "slow", "cut", "throttle", "hold", "bandwidth"]
    /// Which further key an action needs.
    private static let needs = ["slow": "by", "throttle": "cpus", "hold": "connections", "bandwidth": "rate"]
    static let random = "random replica"

    /// A fault and where it stands in the file.
    private struct Written {
        var fault: Fault
        var place: Place
    }

    /// - Returns: nil after a fault.
    func faults(_ entry: YAMLValue.Entry) -> [Fault]? {
        if case .broken = entry.value.content { return nil }
        if let reason = refusal {
            log.add("faults: \(reason)", at: entry.keyPlace)
            return nil
        }
        guard case .list(let values) = entry.value.content, (1...Self.most).contains(values.count) else {
            log.add(
                "faults: expected a list of 1 to \(Self.most), such as - { at: 30s, kill: store-1 }, found "
                    + entry.value.foundAsList, at: entry.value.place)
            return nil
        }
        let read = values.map(fault)
        guard read.allSatisfy({ $0 != nil }), let stack, let load else { return nil }
        let ordered = read.compactMap(\.self).enumerated().sorted { one, other in
            (one.element.fault.at, one.offset) < (other.element.fault.at, other.offset)
        }
        .map(\.element)
        check(ordered, stack, load)
        return ordered.map(\.fault)
    }

    /// Why there can be none.
    private var refusal: String? {
        if case .running = stack?.subject {
            return "an application that is already running is not StoreLab's to break; leave them out"
        }
        if load?.shape.isSearch == true {
            return
                "the steps of find_limit come when they come, so a fault has no instant; write a ramp or a rate instead"
        }
        return nil
    }

    private func fault(_ value: YAMLValue) -> Written? {
        guard let fields = Fields(value, "a fault", known: DefinitionKeys.fault, log: log) else { return nil }
        let at = fields.required("at") { try self.instant($0) }
        let duration: Seconds?? = fields.optional("for", default: nil) { try $0.duration(in: 0.1...86_400) }
        let given = Self.actions.compactMap(fields.entry)
        guard let chosen = given.first else {
            if value.entries.allSatisfy({ DefinitionKeys.fault.contains($0.key) }) {
                log.add("a fault: write one of \(Self.actions.joined(separator: ", ")) with its part", at: value.place)
            }
            return nil
        }
        guard given.count == 1 else {
            let names = given.map { "\"\($0.key)\"" }.joined(separator: " and ")
            log.add("a fault: \(names) exclude each other; write two faults", at: given[1].keyPlace)
            return nil
        }
        let target = fields.required(chosen.key) { try self.target($0) }
        refuseForeignKeys(of: chosen.key, fields)
        let action = self.action(chosen.key, fields)
        guard let at, let duration, let target, let action else { return nil }
        if !action.hasEnd, let entry = fields.entry("for") {
            let advice =
                action == .kill
                ? "what is killed stays dead; leave it out, and write a fault with start: for its return"
                : "what is started stays; leave it out"
            log.add("for: \(advice)", at: entry.keyPlace)
            return nil
        }
        let fault = Fault(at: at, duration: duration, target: target, action: action)
        return isWithinLoad(fault, fields) ? Written(fault: fault, place: chosen.keyPlace) : nil
    }

    private func instant(_ value: YAMLValue) throws(Unreadable) -> Seconds { try value.duration(in: 0...86_400) }

    private func isWithinLoad(_ fault: Fault, _ fields: Fields) -> Bool {
        guard let load else { return true }
        let end = load.seconds(change: 0)
        let written = Quantity.written(duration: end.rounded(.down))
        if fault.at >= end, let entry = fields.entry("at") {
            log.add("at: the load ends after about \(written); write an earlier instant", at: entry.value.place)
            return false
        }
        if let duration = fault.duration, fault.at + duration > end, let entry = fields.entry("for") {
            log.add(
                "for: the load ends after about \(written), before the fault would; write less, or leave it out for a fault "
                    + "that lasts until then", at: entry.value.place)
            return false
        }
        return true
    }

    private func refuseForeignKeys(of action: String, _ fields: Fields) {
        for (owner, key) in Self.needs.sorted(by: { $0.key < $1.key }) where owner != action {
            if let entry = fields.entry(key) {
                log.add("\(key): it belongs to \(owner), not to \(action); leave it out", at: entry.keyPlace)
            }
        }
    }

    private func action(_ key: String, _ fields: Fields) -> FaultAction? {
        switch key {
        case "kill": return .kill
        case "start": return .start
        case "pause": return .pause
        case "cut": return .cut
        case "slow":
            guard let times = fields.required("by", { try self.delay($0) }) else { return nil }
            return .slow(from: times.lowerBound, to: times.upperBound)
        case "throttle":
            return fields.required("cpus") { try $0.decimal(in: 0.01...1024) }.map { .throttle(cores: $0) }
        case "hold":
            return fields.required("connections") { try $0.integer(in: 1...10_000) }.map { .hold(connections: $0) }
        default:
            return fields.required("rate") { try self.bytesPerSecond($0) }.map { .bandwidth(bytesPerSecond: $0) }
        }
    }

    /// `50ms..80ms`, or one time for both bounds.
    private func delay(_ value: YAMLValue) throws(Unreadable) -> ClosedRange<Seconds> {
        let text = try value.scalar("a time such as 50ms, or two bounds such as 50ms..80ms")
        var times: [Seconds] = []
        for bound in text.split(separator: "..", maxSplits: 1, omittingEmptySubsequences: false) {
            let time = try Quantity.duration(String(bound).trimmed)
            times.append(try bounded(time, in: 0.001...60) { Quantity.written(duration: $0) })
        }
        guard let least = times.first, let most = times.last, least <= most else {
            throw Unreadable("the bounds of \(text.shortened) are in the wrong order")
        }
        return least...most
    }

    /// `1MB/s`.
    private func bytesPerSecond(_ value: YAMLValue) throws(Unreadable) -> Int {
        let text = try value.scalar("bytes per second such as 1MB/s")
        guard text.hasSuffix("/s") else {
            throw Unreadable("expected bytes per second such as 1MB/s, found \"\(text.shortened)\"")
        }
        let bytes = try Quantity.sizes(String(text.dropLast(2)).trimmed)
        guard bytes.lowerBound == bytes.upperBound, (1000...100_000_000_000).contains(bytes.lowerBound) else {
            throw Unreadable("\(text.shortened) is out of range; write 1kB/s to 100000MB/s")
        }
        return bytes.lowerBound
    }

    // MARK: Parts

    private func target(_ value: YAMLValue) throws(Unreadable) -> FaultTarget {
        let text = try value.line(longest: 100)
        if text == Self.random { return .randomReplica }
        guard let stack else { return .part(text) }
        guard case .store = stack.subject else {
            // Which services a project has, Compose says when it is brought up.
            guard text.isName(alsoAllowed: ["_"]) else {
                throw Unreadable(
                    "\"\(text.shortened)\" is not a part; write a service of the project, \(stack.replicaNames[0]) or "
                        + Self.random)
            }
            return .part(text)
        }
        let name = Self.sameParts[text] ?? text
        if name == "nginx", stack.balancers.contains(.none) {
            throw Unreadable("without a balancer there is no Nginx; write balancer: round_robin, or another part")
        }
        let known = stack.replicaNames + ["mysql", "redis", "nginx", Self.random]
        guard known.contains(name) else {
            throw Unreadable("unknown part \"\(text.shortened)\"; \(NearestName.advice(for: text, among: known))")
        }
        return .part(name)
    }

    /// Other names of the store's parts: on local processes the database is MariaDB.
    private static let sameParts = ["mariadb": "mysql"]

    /// Each after those before it.
    private func check(_ faults: [Written], _ stack: StackDefinition, _ load: LoadDefinition) {
        let replicas = stack.replicaNames
        func plan(_ some: some Sequence<Written>) -> FaultPlan {
            FaultPlan(some.map(\.fault), replicas: replicas, seed: load.seed)
        }
        for index in plan(faults).undrawn {
            log.add(
                "\(Self.random): none of the \(replicas.count) replicas is left for this fault; write more replicas, or fewer "
                    + "faults on them", at: faults[index].place)
        }
        for (index, written) in faults.enumerated() {
            guard case .part(let name) = written.fault.target,
                let obstacle = plan(faults.prefix(index)).obstacle(to: written.fault, on: name)
            else { continue }
            log.add("\(written.fault.action.key): \(sentence(obstacle, name))", at: written.place)
        }
    }

    private func sentence(_ obstacle: FaultPlan.Obstacle, _ part: String) -> String {
        func instant(_ seconds: Seconds) -> String { Quantity.written(duration: seconds) }
        switch obstacle {
        case .alive: return "\(part) is not killed before; leave this fault out, or write kill: \(part) before it"
        case .dead(let entry):
            return
                "\(part) is dead since the fault at \(instant(entry.fault.at)); write start: \(part) before, or another part"
        case .inForce(let entry):
            let until = entry.end.map { "until \(instant($0))" } ?? "until the load ends"
            return
                "\(entry.fault.action.key) of \(part) from \(instant(entry.fault.at)) lasts \(until); write a later instant, or a shorter for there"
        }
    }
}
