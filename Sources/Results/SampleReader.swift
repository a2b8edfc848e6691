package import Model

/// Reads a line of samples as it is written.
///
/// Reading the samples of the committed run took 0.2 s of CPU, a fifth of what all its reports took, with `JSONDecoder` and the
/// library's `split`; with this and `Distribution(digits:)` it takes 0.02 s.
///
/// It knows the order of nothing and the names of all that a second usually holds. A line with anything else, or with a fault,
/// is left to `JSONDecoder`, which reads the same or says what is wrong.
package struct SampleReader {
    private let bytes: UnsafeRawBufferPointer
    private var place: Int

    /// Something that is left to `JSONDecoder`.
    private struct Unknown: Error {}

    /// - Parameter line: without its end.
    /// - Returns: nil where `JSONDecoder` is to read it.
    package static func sample(_ line: UnsafeRawBufferPointer) -> SecondSample? {
        var reader = SampleReader(bytes: line, place: 0)
        guard let sample = try? reader.second(), reader.place == line.count else { return nil }
        return sample
    }

    private init(bytes: UnsafeRawBufferPointer, place: Int) {
        self.bytes = bytes
        self.place = place
    }

    // MARK: The parts of a second

    private mutating func second() throws(Unknown) -> SecondSample {
        var (second, users, inFlight): (Int?, Int?, Int?)
        var tasks: [TaskSecond]?
        var generator: GeneratorSecond?
        try begin("{")
        while let name = try name() {
            switch name {
            case "second": second = try integer()
            case "users": users = try integer()
            case "inFlight": inFlight = try integer()
            case "tasks": tasks = try list { reader throws(Unknown) in try reader.task() }
            case "generator": generator = try self.generator()
            default: throw Unknown()
            }
        }
        guard let second, let users, let inFlight, let tasks else { throw Unknown() }
        return SecondSample(second: second, users: users, inFlight: inFlight, tasks: tasks, generator: generator)
    }

    private mutating func task() throws(Unknown) -> TaskSecond {
        var started: Int?
        var (succeeded, failed): (Distribution?, Distribution?)
        var failures: [FailureKind: Int]?
        var task = TaskSecond()
        try begin("{")
        while let name = try name() {
            switch name {
            case "started": started = try integer()
            case "succeeded": succeeded = try distribution()
            case "failed": failed = try distribution()
            case "failures": failures = try counts()
            case "firstByte": task.firstByte = try distribution()
            case "due": task.due = try due()
            case "reconnects": task.reconnects = try integer()
            case "hops": task.hops = try integer()
            // Of versions that recorded it in addition to `firstByte`.
            case "service": _ = try text()
            default: throw Unknown()
            }
        }
        guard let started, let succeeded, let failed, let failures else { throw Unknown() }
        (task.started, task.succeeded, task.failed, task.failures) = (started, succeeded, failed, failures)
        return task
    }

    private mutating func due() throws(Unknown) -> DueSecond {
        var (succeeded, failed, open): (Distribution?, Distribution?, Distribution?)
        try begin("{")
        while let name = try name() {
            switch name {
            case "succeededEarlier": succeeded = try distribution()
            case "failedEarlier": failed = try distribution()
            case "open": open = try distribution()
            default: throw Unknown()
            }
        }
        guard let succeeded, let failed, let open else { throw Unknown() }
        return DueSecond(succeededEarlier: succeeded, failedEarlier: failed, open: open)
    }

    private mutating func counts() throws(Unknown) -> [FailureKind: Int] {
        var counts: [FailureKind: Int] = [:]
        try begin("{")
        while let name = try name() {
            guard let kind = FailureKind(rawValue: name) else { throw Unknown() }
            counts[kind] = try integer()
        }
        return counts
    }

    private mutating func generator() throws(Unknown) -> GeneratorSecond {
        var loops: [LoopSecond]?
        var (due, sent, waiting, connections): (Int?, Int?, Int?, Int?)
        var lag: Distribution?
        var (opened, descriptors, ports): (Int?, Int?, Int?)
        var quota: QuotaSecond?
        try begin("{")
        while let name = try name() {
            switch name {
            case "loops": loops = try list { reader throws(Unknown) in try reader.loop() }
            case "due": due = try integer()
            case "sent": sent = try integer()
            case "waiting": waiting = try integer()
            case "lag": lag = try distribution()
            case "connections": connections = try integer()
            case "opened": opened = try integer()
            case "descriptorsLeft": descriptors = try integer()
            case "portsLeft": ports = try integer()
            case "quota": quota = try self.quota()
            default: throw Unknown()
            }
        }
        guard let loops, let due, let sent, let waiting, let lag, let connections else { throw Unknown() }
        var generator = GeneratorSecond(
            loops: loops, due: due, sent: sent, waiting: waiting, lag: lag, connections: connections, opened: opened,
            descriptorsLeft: descriptors, portsLeft: ports)
        generator.quota = quota
        return generator
    }

    private mutating func loop() throws(Unknown) -> LoopSecond {
        var (cpu, timerLag, cpuWait): (Double?, Double?, Double?)
        try begin("{")
        while let name = try name() {
            switch name {
            case "cpu": cpu = try number()
            case "timerLag": timerLag = try number()
            case "cpuWait": cpuWait = try number()
            default: throw Unknown()
            }
        }
        guard let cpu, let timerLag else { throw Unknown() }
        return LoopSecond(cpu: cpu, timerLag: timerLag, cpuWait: cpuWait)
    }

    private mutating func quota() throws(Unknown) -> QuotaSecond {
        var (cores, stopped, used): (Double?, Double?, Double?)
        try begin("{")
        while let name = try name() {
            switch name {
            case "cores": cores = try number()
            case "stopped": stopped = try number()
            case "used": used = try number()
            default: throw Unknown()
            }
        }
        guard let cores, let stopped, let used else { throw Unknown() }
        return QuotaSecond(cores: cores, stopped: stopped, used: used)
    }

    // MARK: JSON without blanks

    private mutating func take() throws(Unknown) -> UInt8 {
        guard place < bytes.count else { throw Unknown() }
        defer { place += 1 }
        return bytes[place]
    }

    private mutating func begin(_ bracket: Unicode.Scalar) throws(Unknown) {
        guard try take() == UInt8(ascii: bracket) else { throw Unknown() }
    }

    /// The name of an object's next value, which it stands before then; nil at the object's end, which is taken.
    private mutating func name() throws(Unknown) -> String? {
        switch try take() {
        case UInt8(ascii: "}"): return nil
        case UInt8(ascii: ","): guard place > 1, bytes[place - 2] != UInt8(ascii: "{") else { throw Unknown() }
        // The first one's quotation mark.
        case UInt8(ascii: "\""):
            guard place > 1, bytes[place - 2] == UInt8(ascii: "{") else { throw Unknown() }
            place -= 1
        default: throw Unknown()
        }
        let name = String(decoding: UnsafeRawBufferPointer(rebasing: try text()), as: UTF8.self)
        guard try take() == UInt8(ascii: ":") else { throw Unknown() }
        return name
    }

    private mutating func list<Element>(
        of element: (inout SampleReader) throws(Unknown) -> Element
    ) throws(Unknown) -> [Element] {
        try begin("[")
        var elements: [Element] = []
        guard place < bytes.count, bytes[place] != UInt8(ascii: "]") else {
            place += 1
            return elements
        }
        while true {
            elements.append(try element(&self))
            switch try take() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "]"): return elements
            default: throw Unknown()
            }
        }
    }

    /// Between its quotation marks; nothing in it may be escaped.
    private mutating func text() throws(Unknown) -> Slice<UnsafeRawBufferPointer> {
        try begin("\"")
        let start = place
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                defer { place += 1 }
                return bytes[start..<place]
            case 0x20..<0x7F where bytes[place] != UInt8(ascii: "\\"): place += 1
            default: throw Unknown()
            }
        }
        throw Unknown()
    }

    private mutating func distribution() throws(Unknown) -> Distribution {
        guard let distribution = Distribution(digits: UnsafeRawBufferPointer(rebasing: try text())) else {
            throw Unknown()
        }
        return distribution
    }

    private mutating func integer() throws(Unknown) -> Int {
        let digits = try token()
        // A sign, a point or an exponent is for `JSONDecoder`, and so is a number that may be too large.
        guard digits.count < 19, digits.count == 1 || digits.first != UInt8(ascii: "0") else { throw Unknown() }
        var value = 0
        for digit in digits {
            guard (48...57).contains(digit) else { throw Unknown() }
            value = value * 10 + Int(digit - 48)
        }
        return value
    }

    private mutating func number() throws(Unknown) -> Double {
        let token = try token()
        guard Self.isNumber(token),
            let value = Double(String(decoding: UnsafeRawBufferPointer(rebasing: token), as: UTF8.self)),
            value.isFinite
        else { throw Unknown() }
        return value
    }

    /// The characters of a number.
    private mutating func token() throws(Unknown) -> Slice<UnsafeRawBufferPointer> {
        let start = place
        while place < bytes.count, Self.isNumeric(bytes[place]) { place += 1 }
        guard place > start else { throw Unknown() }
        return bytes[start..<place]
    }

    /// By the grammar of JSON (RFC 8259, section 6), which is narrower than what `Double` reads.
    private static func isNumber(_ token: Slice<UnsafeRawBufferPointer>) -> Bool {
        var rest = token[...]
        func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
        func digits() -> Int {
            let count = rest.prefix(while: isDigit).count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        // `JSONDecoder` does not take `0e5`, which that grammar allows.
        let hasExponent = rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E")
        guard whole > 0, !startsWithZero || (whole == 1 && !hasExponent) else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e")
            || byte == UInt8(ascii: "E") || byte == UInt8(ascii: "+")
    }
}
