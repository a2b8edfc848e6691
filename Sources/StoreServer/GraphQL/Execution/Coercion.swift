extension GraphQL {
    /// Values of arguments and variables as their types want them: section 3.5 and "Input coercion" of each type.
    enum Coercion {
        /// Where a variable has no value, an element of a list is null and any other place takes its default.
        static func value(
            of literal: Literal, as type: TypeReference, in schema: Schema, variables: [String: JSONValue]
        ) throws(Failure) -> JSONValue {
            switch (literal.kind, type) {
            case (.variable(let name), _): return variables[name] ?? .null
            case (.null, .nonNull): throw mismatch("null", type, at: literal.offset)
            case (.null, _): return .null
            case (_, .nonNull(let inner)):
                return try value(of: literal, as: inner, in: schema, variables: variables)
            case (.list(let elements), .list(let element)):
                var values: [JSONValue] = []
                for literal in elements {
                    values.append(try value(of: literal, as: element, in: schema, variables: variables))
                }
                return .array(values)
            case (_, .list(let element)):
                return .array([try value(of: literal, as: element, in: schema, variables: variables)])
            case (_, .named(let name)):
                guard let value = leaf(literal.kind, schema.types[name]) else {
                    throw mismatch(literal.kind.description, type, at: literal.offset)
                }
                return value
            }
        }

        private static func mismatch(_ what: String, _ type: TypeReference, at offset: Int) -> Failure {
            Failure(message: "\(what) cannot stand where a \(type) is expected.", offsets: [offset])
        }

        private static func leaf(_ kind: Literal.Kind, _ type: NamedType?) -> JSONValue? {
            switch (type, kind) {
            case (.scalar(.string), .string(let text)): .string(text)
            case (.scalar(.boolean), .boolean(let value)): .bool(value)
            case (.scalar(.int), .int(let text)): Int32(text).map { .number("\($0)") }
            case (.scalar(.float), .int(let text)), (.scalar(.float), .float(let text)): finite(text)
            case (.enumeration(let type), .enumeration(let name)): type.values.contains(name) ? .string(name) : nil
            default: nil
            }
        }

        private static func finite(_ text: String) -> JSONValue? {
            Double(text)?.isFinite == true ? .number(text) : nil
        }

        /// The operation's variables from what came with the request.
        static func variables(
            _ given: [String: JSONValue], for operation: Operation, in schema: Schema
        ) throws(Failure) -> [String: JSONValue] {
            var values: [String: JSONValue] = [:]
            for variable in operation.variables {
                let name = variable.name.text
                guard let value = given[name] else {
                    if let literal = variable.defaultValue {
                        values[name] = try Coercion.value(of: literal, as: variable.type, in: schema, variables: [:])
                    } else if variable.type.isNonNull {
                        throw refused(variable, "no value was given")
                    }
                    continue
                }
                guard let fitting = json(value, variable.type, schema) else {
                    throw refused(variable, "\(value.kind) was given that does not fit")
                }
                values[name] = fitting
            }
            return values
        }

        private static func refused(_ variable: VariableDefinition, _ why: String) -> Failure {
            Failure(
                message: "The variable \"$\(variable.name.text)\" must be a \(variable.type), and \(why).",
                offsets: [variable.name.offset - 1])
        }

        /// - Returns: nil when the value does not fit the type.
        private static func json(_ value: JSONValue, _ type: TypeReference, _ schema: Schema) -> JSONValue? {
            switch (value, type) {
            case (.null, .nonNull): return nil
            case (.null, _): return .null
            case (_, .nonNull(let inner)): return json(value, inner, schema)
            case (.array(let elements), .list(let element)):
                let values = elements.compactMap { json($0, element, schema) }
                return values.count == elements.count ? .array(values) : nil
            case (_, .list(let element)): return json(value, element, schema).map { .array([$0]) }
            case (_, .named(let name)):
                switch (schema.types[name], value) {
                case (.scalar(.string), .string), (.scalar(.boolean), .bool): return value
                case (.scalar(.int), .number(let text)):
                    return DecimalText(text)?.integer.flatMap { Int32(exactly: $0) }.map { .number("\($0)") }
                case (.scalar(.float), .number(let text)): return finite(text)
                case (.enumeration(let type), .string(let name)): return type.values.contains(name) ? value : nil
                default: return nil
                }
            }
        }

        /// The arguments of a field or directive, with defaults.
        static func arguments(
            _ given: [Argument], _ definitions: [InputDefinition], in schema: Schema, variables: [String: JSONValue]
        ) throws(Failure) -> [String: JSONValue] {
            var values: [String: JSONValue] = [:]
            for definition in definitions {
                let argument = given.first { $0.name.text == definition.name }
                var literal = argument?.value
                if case .variable(let name) = literal?.kind, variables[name] == nil { literal = nil }
                guard let literal else {
                    values[definition.name] = definition.defaultValue
                    guard !definition.isRequired else {
                        throw Failure(
                            message:
                                "The argument \"\(definition.name)\" must be a \(definition.type), and it has no value.",
                            offsets: argument.map { [$0.value.offset] } ?? [])
                    }
                    continue
                }
                let value = try value(of: literal, as: definition.type, in: schema, variables: variables)
                if value == .null, definition.type.isNonNull {
                    throw mismatch("null", definition.type, at: literal.offset)
                }
                values[definition.name] = value
            }
            return values
        }
    }
}

extension GraphQL.Literal.Kind {
    /// What it is, for messages.
    var description: String {
        switch self {
        case .variable(let name): "$\(name)"
        case .int(let text), .float(let text): text
        case .string: "A string"
        case .boolean(let value): "\(value)"
        case .null: "null"
        case .enumeration(let name): name
        case .list: "A list"
        case .object: "An object"
        }
    }
}
