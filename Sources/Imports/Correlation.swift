import Foundation
import Model

/// Finds values of recorded answers that later requests send, such as an order's id or a token against forged requests. The
/// task whose answer has it then takes it, and the later ones send what was taken.
struct Correlation {
    private struct Origin {
        var request: Int
        var source: TakenValue.Source
        /// The name under which the answer has it.
        var key: String
    }

    private var requests: [SourceRequest]
    /// Where each value of an answer was first seen.
    private var origins: [String: Origin] = [:]
    /// The first request that sent each value.
    private var firstSent: [String: Int] = [:]
    /// Names of values by what they were in the recording.
    private var names: [String: String] = [:]
    private var usedNames: Set<String> = []

    static func joined(_ requests: [SourceRequest]) -> [SourceRequest] {
        var correlation = Correlation(requests: requests)
        correlation.run()
        return correlation.requests
    }

    private init(requests: [SourceRequest]) { self.requests = requests }

    private mutating func run() {
        for (index, request) in requests.enumerated() {
            for place in request.places where firstSent[place.value] == nil { firstSent[place.value] = index }
        }
        for index in requests.indices {
            var correlation = self
            if index > 0, let whole = correlation.location(requests[index], at: index) {
                correlation.requests[index].target = whole
            }
            let joined = correlation.requests[index].replacing { correlation.value(for: $0, at: index) }
            self = correlation
            requests[index] = joined
            note(answerOf: index)
        }
    }

    // MARK: What answers have

    private mutating func note(answerOf index: Int) {
        guard let recorded = requests[index].recorded else { return }
        func add(_ value: String, _ source: TakenValue.Source, _ key: String) {
            guard (1...4000).contains(value.utf8.count), origins[value] == nil else { return }
            origins[value] = Origin(request: index, source: source, key: key)
        }
        for field in recorded.headers {
            if field.name.lowercased() == "set-cookie" {
                for line in field.value.split(whereSeparator: \.isNewline) {
                    let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
                    if pair.count == 2 { add(pair[1], .cookie(pair[0]), pair[0]) }
                }
            } else if !Self.commonFields.contains(field.name.lowercased()) {
                add(field.value, .header(field.name), field.name)
            }
        }
        for element in HTMLValues.of(recorded.text) {
            add(element.value, .element(css: element.css, attribute: element.attribute), element.name)
        }
        for leaf in JSONReader.leaves(recorded.text) ?? [] {
            if case .bool = leaf.value { continue }
            guard let value = leaf.value.plain, JSONPath(rawValue: leaf.path)?.rawValue == leaf.path,
                !leaf.path.contains("(")
            else { continue }
            add(value, .path(leaf.path), leaf.key)
        }
    }

    private static let commonFields = [
        "date", "server", "content-length", "content-type", "cache-control", "expires", "vary", "connection", "pragma",
        "last-modified", "content-encoding", "transfer-encoding", "keep-alive", "age", "via", "location",
    ]

    // MARK: What requests send

    private mutating func value(for place: RequestPlace, at index: Int) -> String? {
        let origin: Origin
        if let known = origins[place.value] {
            origin = known
        } else if Self.looksMade(place.value), place.value.utf8.count >= 16,
            let found = inText(place.value, before: index)
        {
            origin = found
            origins[place.value] = found
        } else {
            return nil
        }
        guard origin.request < index, firstSent[place.value].map({ $0 > origin.request }) ?? true,
            Self.isSame(origin, place)
        else { return nil }
        return Marked.placeholder(name(of: place.value, origin))
    }

    /// Whether a value in an answer and one in a request are the same thing, not just alike.
    private static func isSame(_ origin: Origin, _ place: RequestPlace) -> Bool {
        let isNamed = isIdentifier(origin.key)
        if case .element = origin.source { return isNamed || looksMade(place.value) }
        if case .cookie = origin.source { return looksMade(place.value) }
        if looksMade(place.value) { return true }
        guard isNamed else { return false }
        return place.kind == .segment || isIdentifier(place.key)
    }

    /// Not a word and not a small number: what a program has made.
    static func looksMade(_ value: String) -> Bool {
        guard !value.contains(" ") else { return false }
        let digits = value.utf8.count { (0x30...0x39).contains($0) }
        if digits == value.utf8.count { return digits >= 5 }
        return value.utf8.count >= 16 && !value.contains("/")
            || value.utf8.count >= 6 && digits >= 2 && !value.contains(".")
                && !value.contains("/")
    }

    static func isIdentifier(_ key: String) -> Bool {
        let small = key.lowercased()
        if small == "id" || small == "ref" || small == "code" || small == "sku" || small == "slug" { return true }
        if small.hasSuffix("_id") || small.hasSuffix("-id") || key.hasSuffix("Id") || key.hasSuffix("ID") {
            return true
        }
        return ["uuid", "guid", "token", "csrf", "nonce", "session", "ticket", "handle"].contains(where: small.contains)
    }

    private mutating func name(of value: String, _ origin: Origin) -> String {
        if let name = names[value] { return name }
        var wanted = Self.snake(origin.key)
        if wanted == "id" || wanted.isEmpty {
            let path = SourceURL.path(of: requests[origin.request].target)
            let word = path.split(separator: "/").last { $0.allSatisfy { $0.isLetter || $0 == "-" || $0 == "_" } }
            wanted = Self.singular(Self.snake(word.map(String.init) ?? "value")) + "_id"
        }
        if wanted.first?.isLetter != true { wanted = "value_" + wanted }
        if ["random", "choice", "uuid", "sequence", "row", "random_row", "env"].contains(wanted) { wanted += "_value" }
        let name = usedNames.inserted(wanted, limit: 50)
        names[value] = name
        requests[origin.request].takes.append(TakenValue(name: name, source: origin.source))
        return name
    }

    static func snake(_ text: String) -> String {
        let variable = Secrets.variable(text).lowercased()
        return text.contains { $0.isLetter } ? variable : ""
    }

    private static func singular(_ word: String) -> String {
        word.hasSuffix("ies")
            ? word.dropLast(3) + "y" : word.hasSuffix("s") && !word.hasSuffix("ss") ? String(word.dropLast()) : word
    }

    // MARK: Redirects and texts

    /// The path of a request that is where the answer before had sent the browser.
    private mutating func location(_ request: SourceRequest, at index: Int) -> String? {
        for before in (0..<index).reversed().prefix(5) {
            guard let recorded = requests[before].recorded,
                (300...399).contains(recorded.status) || recorded.status == 201,
                let location = recorded.headers.first(where: { $0.name.lowercased() == "location" })?.value
            else { continue }
            let isWhole = location == request.target || location == request.origin + request.target
            // A fixed page, such as /home, is written as it is.
            let made = request.places.filter { $0.kind == .segment || $0.kind == .query }.contains {
                (Self.looksMade($0.value) || Int($0.value) != nil) && (firstSent[$0.value] ?? 0) == index
            }
            guard isWhole, made else { continue }
            if let taken = requests[before].takes.first(where: { $0.source == .header("Location") }) {
                return Marked.placeholder(taken.name)
            }
            let name = usedNames.inserted("location", limit: 50)
            requests[before].takes.append(TakenValue(name: name, source: .header("Location")))
            return Marked.placeholder(name)
        }
        return nil
    }

    /// A value within a page's script or a text, by the characters that stand before it.
    private func inText(_ value: String, before index: Int) -> Origin? {
        let wanted = Array(value.utf8)
        guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"'<>&".utf8.contains($0) }) else { return nil }
        for origin in 0..<index {
            guard let text = requests[origin].recorded?.text, !text.isEmpty, JSONReader.leaves(text) == nil else {
                continue
            }
            let bytes = Array(text.utf8)
            guard let place = bytes.firstRange(of: wanted) else { continue }
            let line = bytes[..<place.lowerBound].suffix(24)
            let start = line.lastIndex { $0 < 0x20 || $0 > 0x7E }.map { $0 + 1 } ?? line.startIndex
            let prefix = String(decoding: line[start...], as: UTF8.self)
            guard prefix.count >= 3 else { continue }
            let pattern = Self.escaped(prefix) + "([^\"'<>&\\s]+)"
            // The first match must be it, and no more than it.
            guard let regex = try? Regex(pattern), let match = text.firstMatch(of: regex), match.output.count > 1,
                match.output[1].substring == value[...]
            else { continue }
            let key = prefix.split { !$0.isLetter && $0 != "_" }.last.map(String.init) ?? "value"
            return Origin(request: origin, source: .pattern(pattern), key: key)
        }
        return nil
    }

    private static func escaped(_ text: String) -> String {
        text.map { "\\^$.|?*+()[]{}/-".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}

extension Set<String> {
    /// Adds the name, with a number where it is there already.
    mutating func inserted(_ name: String, limit: Int, by sign: String = "_") -> String {
        var unique = String(name.prefix(limit))
        var number = 2
        while !insert(unique).inserted {
            unique = "\(name.prefix(limit))\(sign)\(number)"
            number += 1
        }
        return unique
    }
}
