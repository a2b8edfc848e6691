/// The values within a request that may be another's: parts of a path, of a query, of a form, of JSON, and header fields.
struct RequestPlace: Equatable {
    enum Kind: Equatable { case segment, query, form, json, header }

    var kind: Kind
    /// The name under which it stands; of a segment the one before it.
    var key: String
    /// As it is meant: decoded.
    var value: String
    /// JSON has it as a number.
    var isNumber = false
}

extension SourceRequest {
    var places: [RequestPlace] {
        var places: [RequestPlace] = []
        _ = replacing { place in
            places.append(place)
            return nil
        }
        return places
    }

    /// - Parameter change: what comes to stand in a place; nil to leave it.
    func replacing(_ change: (RequestPlace) -> String?) -> SourceRequest {
        var request = self
        request.target = Self.target(target, change)
        request.headers = headers.map { field in
            guard !Marked.hasPlaceholder(field.value) else { return field }
            // Of `Bearer abc` the second word is the value.
            let words = field.value.split(separator: " ", maxSplits: 1).map(String.init)
            if field.name.lowercased() == "authorization", words.count == 2 {
                let place = RequestPlace(kind: .header, key: field.name, value: words[1])
                return Field(name: field.name, value: change(place).map { words[0] + " " + $0 } ?? field.value)
            }
            let place = RequestPlace(kind: .header, key: field.name, value: field.value)
            return Field(name: field.name, value: change(place) ?? field.value)
        }
        switch body {
        case .text(let text): request.body = .text(Self.json(text, change) ?? Self.rawForm(text, self, change) ?? text)
        case .form(let fields): request.body = .form(fields.map { Self.field($0, change) })
        case .multipart(let parts):
            request.body = .multipart(
                parts.map { part in
                    guard part.file == nil else { return part }
                    var part = part
                    part.value = Self.field(Field(name: part.name, value: part.value), change).value
                    return part
                })
        case .bytes, nil: break
        }
        return request
    }

    private static func field(_ field: Field, _ change: (RequestPlace) -> String?) -> Field {
        guard !Marked.hasPlaceholder(field.value) else { return field }
        let place = RequestPlace(kind: .form, key: field.name, value: field.value)
        return Field(name: field.name, value: change(place) ?? field.value)
    }

    private static func target(_ target: String, _ change: (RequestPlace) -> String?) -> String {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var before = ""
        let segments = parts[0].split(separator: "/", omittingEmptySubsequences: false).map { segment -> String in
            let text = String(segment)
            defer { before = text }
            guard !text.isEmpty, !Marked.hasPlaceholder(text), let value = Percent.decoded(text) else { return text }
            return change(RequestPlace(kind: .segment, key: before, value: value)) ?? text
        }
        let path = segments.joined(separator: "/")
        return parts.count == 1 ? path : path + "?" + pairs(parts[1], .query, change)
    }

    private static func pairs(_ text: String, _ kind: RequestPlace.Kind, _ change: (RequestPlace) -> String?) -> String
    {
        text.split(separator: "&", omittingEmptySubsequences: false).map { pair -> String in
            let words = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 2, !words[1].isEmpty, !Marked.hasPlaceholder(words[1]),
                let value = Percent.decoded(words[1], plusIsBlank: true)
            else { return String(pair) }
            let key = Percent.decoded(words[0], plusIsBlank: true) ?? words[0]
            return words[0] + "=" + (change(RequestPlace(kind: kind, key: key, value: value)) ?? words[1])
        }.joined(separator: "&")
    }

    /// A form that could not be read as `form:`, for example since a name stands in two places.
    private static func rawForm(
        _ text: String, _ request: SourceRequest, _ change: (RequestPlace) -> String?
    ) -> String? {
        guard request.header("Content-Type")?.contains("x-www-form-urlencoded") == true else { return nil }
        return pairs(text, .form, change)
    }

    private static func json(_ text: String, _ change: (RequestPlace) -> String?) -> String? {
        guard let leaves = JSONReader.leaves(text) else { return nil }
        var bytes = Array(text.utf8)
        for leaf in leaves.reversed() {
            guard let value = leaf.value.plain, !Marked.hasPlaceholder(value) else { continue }
            if case .bool = leaf.value { continue }
            var isNumber = false
            if case .number = leaf.value { isNumber = true }
            let place = RequestPlace(kind: .json, key: leaf.key, value: value, isNumber: isNumber)
            if let new = change(place) { bytes.replaceSubrange(leaf.range, with: Array(new.utf8)) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
