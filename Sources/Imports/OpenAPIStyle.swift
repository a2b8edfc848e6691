/// How a parameter of an OpenAPI description writes its value (RFC 6570; OpenAPI 3, "Style Values").
struct OpenAPIStyle {
    private let name: String
    private let explodes: Bool
    /// Characters that separate parts of a URL are sent as they are.
    private let allowsReserved: Bool
    /// The value is one text, such as of JSON.
    private let isContent: Bool

    init(_ parameter: Tree) {
        let usual = parameter["in"]?.string == "query" || parameter["in"]?.string == "cookie" ? "form" : "simple"
        name = parameter["style"]?.string ?? usual
        explodes = parameter["explode"]?.bool ?? (name == "form")
        allowsReserved = parameter["allowReserved"]?.bool == true
        isContent = parameter["content"] != nil
    }

    /// What stands in the place of the parameter in a path.
    func segment(_ parameter: String, _ value: Tree) -> String {
        let parts = parts(value)
        switch name {
        case "label": return "." + parts.joined(separator: explodes ? "." : ",")
        case "matrix":
            let key = Percent.encoded(parameter)
            guard explodes else { return ";\(key)=" + parts.joined(separator: ",") }
            if case .object = value, !isContent { return parts.map { ";" + $0 }.joined() }
            return parts.map { ";\(key)=" + $0 }.joined()
        default: return parts.joined(separator: ",")
        }
    }

    /// What stands in a query.
    func pairs(_ parameter: String, _ value: Tree) -> [String] {
        let key = Percent.encoded(parameter)
        if case .object(let entries) = value, name == "deepObject", !isContent {
            return entries.map { "\(key)%5B\(Percent.encoded($0.key))%5D=\(encoded(Self.text($0.value)))" }
        }
        let parts = parts(value)
        if explodes, !isContent {
            if case .object = value { return parts }
            if case .list = value { return parts.map { "\(key)=" + $0 } }
        }
        let separator = name == "pipeDelimited" ? "%7C" : name == "spaceDelimited" ? "%20" : ","
        return ["\(key)=" + parts.joined(separator: separator)]
    }

    /// The elements of a list, the pairs of an object, or the one value.
    private func parts(_ value: Tree) -> [String] {
        if isContent { return [encoded(value.string ?? value.json)] }
        switch value {
        case .list(let elements): return elements.map { encoded(Self.text($0)) }
        case .object(let entries):
            return entries.map { Percent.encoded($0.key) + (explodes ? "=" : ",") + encoded(Self.text($0.value)) }
        default: return [encoded(Self.text(value))]
        }
    }

    private func encoded(_ text: String) -> String {
        guard allowsReserved else { return Percent.encoded(text) }
        return Marked.mapped(text) { text in
            text.map { ":/?[]@!$'()*,;".contains($0) ? String($0) : Percent.encoded(String($0)) }.joined()
        }
    }

    /// The style `simple`, of header fields and cookies.
    static func text(_ value: Tree) -> String {
        switch value {
        case .list(let elements): elements.map { text($0) }.joined(separator: ",")
        case .object(let entries): entries.map { "\($0.key),\(text($0.value))" }.joined(separator: ",")
        default: value.plain ?? ""
        }
    }
}
