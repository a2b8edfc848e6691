import Model

/// Puts a variable of the environment in place of what looks like a secret.
struct Secrets {
    struct Variable: Equatable {
        var name: String
        var value: String
        /// What of the requests has it: `Authorization of login`.
        var use: String
    }

    private(set) var variables: [Variable] = []

    /// - Parameter name: of a header field, a key or a parameter.
    /// - Returns: the placeholder.
    mutating func placeholder(for value: String, named name: String, use: String) -> String {
        if let known = variables.first(where: { $0.value == value }) { return Self.placeholder(known.name) }
        let wanted = Self.variable(name)
        var unique = wanted
        var number = 2
        while variables.contains(where: { $0.name == unique }) {
            unique = "\(wanted)_\(number)"
            number += 1
        }
        variables.append(Variable(name: unique, value: value, use: use))
        return Self.placeholder(unique)
    }

    /// One whose value the source does not have.
    mutating func placeholder(forUnknown name: String, use: String) -> String {
        let variable = Self.variable(name)
        if !variables.contains(where: { $0.name == variable }) {
            variables.append(Variable(name: variable, value: "", use: use))
        }
        return Self.placeholder(variable)
    }

    private static func placeholder(_ variable: String) -> String { Marked.placeholder("env(\(variable))") }

    /// `X-Api-Key` to `X_API_KEY`.
    static func variable(_ name: String) -> String {
        var output = ""
        var wasSmall = false
        for character in name.prefix(50) {
            guard character.isASCII, character.isLetter || character.isNumber else {
                if !output.isEmpty, output.last != "_" { output += "_" }
                wasSmall = false
                continue
            }
            if character.isUppercase, wasSmall { output += "_" }
            wasSmall = character.isLowercase || character.isNumber
            output += character.uppercased()
        }
        while output.last == "_" { output.removeLast() }
        return output.first?.isLetter == true ? output : "VALUE" + (output.isEmpty ? "" : "_" + output)
    }

    /// The request without its secrets.
    mutating func hidden(in request: SourceRequest, task: String) -> SourceRequest {
        // `replacing` goes through its places while this changes.
        var secrets = self
        let hidden = request.replacing { place in
            guard Self.isSecret(place) else { return nil }
            return secrets.placeholder(for: place.value, named: place.key, use: "\(place.key) of \(task)")
        }
        self = secrets
        return hidden
    }

    /// A segment of a path after such a word (`/reset-password/…`) is a route rather than a secret.
    private static func isSecret(_ place: RequestPlace) -> Bool {
        guard place.kind != .segment, !place.value.isEmpty else { return false }
        let name = place.key.lowercased()
        if place.kind == .header { return isHeader(place.key) }
        // A limit such as max_tokens, and words of a search.
        if place.isNumber || Double(place.value) != nil && !name.hasSuffix("pin") && !name.contains("pass") {
            return false
        }
        return Redaction.looksSecret(place.key) && !name.contains("keyword")
    }

    static func isHeader(_ name: String) -> Bool {
        let small = name.lowercased()
        return Redaction.looksSecret(name) && !["idempotency-key", "sec-websocket-key"].contains(small)
    }
}
