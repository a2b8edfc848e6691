import Experiments
import Foundation

/// The reference of the format, made of what the schema says.
struct Reference {
    /// In the order in which a person needs them; the mappings of the schema by their names.
    static let mappings: [(name: String, title: String)] = [
        ("experiment", "The experiment"), ("title", "`title`"), ("stack", "`stack`"), ("store", "`stack.store`"),
        ("part", "`stack.mysql`, `stack.redis`, `stack.nginx`"), ("dataset", "`stack.dataset`"),
        ("restore", "`stack.restore`"), ("load", "`load`"), ("find_limit", "`load.find_limit`"),
        ("staircase", "`load.staircase`"), ("stage", "A stage of `load.ramp`"),
        ("rate_stage", "A stage of `load.rate`"),
        ("task", "A task of `load.tasks`"), ("expect", "`expect` of a task"), ("take", "A value of `take`"),
        ("form_part", "A file of `multipart`"), ("flow", "A flow of `load.tasks`"),
        ("step", "A step of a flow, a task of `load.setup`"), ("fault", "A fault of `faults`"),
    ]

    private let root: SchemaValue

    init(schema: Data) throws {
        root = try JSONDecoder().decode(SchemaValue.self, from: schema)
    }

    var text: String {
        Self.mappings.map { mapping in
            let definition = definition(mapping.name)
            let keys = DefinitionKeys.all[mapping.name] ?? []
            let required = definition["required"]?.elements.compactMap(\.text) ?? []
            var lines = ["## \(mapping.title)", ""]
            if let description = definition["description"]?.text { lines += [Self.escaped(description), ""] }
            var shared: [String] = []
            var rows: [String] = []
            for key in keys {
                let property = definition["properties"]?[key] ?? .null
                if property["$ref"]?.text == "#/$defs/task/properties/\(key)" {
                    shared.append("`\(key)`")
                } else {
                    rows.append(row(key, property, isRequired: required.contains(key)))
                }
            }
            if !rows.isEmpty {
                lines += ["| key | what it says | default | examples |", "|---|---|---|---|"] + rows + [""]
            }
            if !shared.isEmpty { lines += ["As in a task: \(shared.joined(separator: ", ")).", ""] }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private func definition(_ name: String) -> SchemaValue {
        name == "experiment" ? root : root["$defs"]?[name] ?? .null
    }

    /// What a property says by itself, else what it refers to.
    func value(_ key: String, of property: SchemaValue) -> SchemaValue? {
        if let own = property[key] { return own }
        guard let reference = property["$ref"]?.text, reference.hasPrefix("#/") else { return nil }
        let target = reference.dropFirst(2).split(separator: "/").reduce(Optional(root)) { $0?[String($1)] }
        return target.flatMap { value(key, of: $0) }
    }

    /// The values of a key, where these are few words.
    private func choices(of property: SchemaValue) -> [String] {
        let own = value("enum", of: property)?.elements ?? []
        let inner = (value("oneOf", of: property)?.elements ?? []).flatMap { value("enum", of: $0)?.elements ?? [] }
        return (own.isEmpty ? inner : own).map { "`\($0.yaml)`" }
    }

    private func row(_ key: String, _ property: SchemaValue, isRequired: Bool) -> String {
        var description = value("description", of: property)?.text ?? ""
        let choices = choices(of: property)
        if !choices.isEmpty { description += " One of \(choices.joined(separator: ", "))." }
        let standard = isRequired ? "required" : value("default", of: property).map { Self.code($0.yaml) } ?? "–"
        let examples = (value("examples", of: property)?.elements ?? []).map { Self.code($0.yaml) }
        let shown =
            examples.isEmpty
            ? choices.first ?? value("default", of: property).map { Self.code($0.yaml) } ?? ""
            : examples.joined(separator: " · ")
        return "| `\(key)` | \(Self.escaped(description)) | \(standard) | \(shown) |"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("*", with: "\\*").replacing("<", with: "&lt;")
    }

    private static func code(_ text: String) -> String {
        "`\(text.replacing("|", with: "\\|"))`"
    }
}

/// JSON of the schema.
enum SchemaValue: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case list([SchemaValue])
    case object([String: SchemaValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([SchemaValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: SchemaValue].self))
        }
    }

    subscript(key: String) -> SchemaValue? { if case .object(let values) = self { values[key] } else { nil } }

    var text: String? { if case .string(let text) = self { text } else { nil } }

    var elements: [SchemaValue] { if case .list(let values) = self { values } else { [] } }

    /// As it stands in an experiment, on one line. A name comes first, other keys in the order of the alphabet.
    var yaml: String {
        switch self {
        case .null: return "null"
        case .bool(let value): return "\(value)"
        case .number(let number): return Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .string(let text):
            let isPlain = text.wholeMatch(of: /[A-Za-z0-9\/.][A-Za-z0-9_\/.%> -]*/) != nil
            return isPlain ? text : "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
        case .list(let values): return "[\(values.map(\.yaml).joined(separator: ", "))]"
        case .object(let values):
            guard !values.isEmpty else { return "{}" }
            let keys = values.keys.sorted { ($0 == "name" ? "" : $0) < ($1 == "name" ? "" : $1) }
            return "{ \(keys.map { "\($0): \(values[$0]?.yaml ?? "")" }.joined(separator: ", ")) }"
        }
    }
}
