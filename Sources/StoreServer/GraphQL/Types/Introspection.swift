extension GraphQL {
    /// The fields and types of section 4 of the specification, as an ordinary part of the schema.
    enum Introspection {
        static let typename = FieldDefinition(
            name: "__typename", description: "The name of the object's type.", type: .nonNull(.named("String"))
        ) { _ in .null }  // The executor knows the type and answers by itself.

        static let schemaField = FieldDefinition(
            name: "__schema", description: "The schema.", type: .nonNull(.named("__Schema"))
        ) { .object($0.schema) }

        static let typeField = FieldDefinition(
            name: "__type", description: "The type of this name; null when there is none.",
            arguments: [InputDefinition(name: "name", description: "A type's name.", type: .nonNull(.named("String")))],
            type: .named("__Type")
        ) { request in
            let name = request.text("name")
            return request.schema.types[name] == nil ? .null : .object(TypeReference.named(name))
        }

        static let types: [NamedType] = [
            .object(schemaType), .object(typeType), .object(fieldType), .object(inputValueType),
            .object(enumValueType), .object(directiveType),
            .enumeration(
                EnumType(
                    name: "__TypeKind", description: "What kind of type a type is.",
                    values: [
                        "SCALAR", "OBJECT", "INTERFACE", "UNION", "ENUM", "INPUT_OBJECT", "LIST", "NON_NULL",
                    ])),
            .enumeration(
                EnumType(
                    name: "__DirectiveLocation", description: "Where a directive may stand.",
                    values: DirectiveDefinition.Location.allCases.map(\.rawValue))),
        ]

        /// A field whose resolver needs nothing but its object.
        private static func field<Source: Sendable>(
            _ name: String, _ type: TypeReference, _ value: @escaping @Sendable (Source) -> Resolved
        ) -> FieldDefinition {
            FieldDefinition(name: name, description: "", type: type) { request in
                (request.source as? Source).map(value) ?? .null
            }
        }

        private static func listOf(_ name: String) -> TypeReference { .list(.nonNull(.named(name))) }
        private static let text = TypeReference.named("String")
        private static let name = TypeReference.nonNull(.named("String"))
        private static let boolean = TypeReference.nonNull(.named("Boolean"))
        private static let withDeprecated = [
            InputDefinition(
                name: "includeDeprecated", description: "Nothing is deprecated here.", type: .named("Boolean"),
                defaultValue: .bool(false))
        ]

        private static let schemaType = ObjectType(
            name: "__Schema", description: "A schema: its types and directives.",
            fields: [
                field("description", text) { (_: Schema) in .null },
                field("types", .nonNull(listOf("__Type"))) { (schema: Schema) in
                    .list(schema.typeNames.map { .object(TypeReference.named($0)) })
                },
                field("queryType", .nonNull(.named("__Type"))) { (schema: Schema) in
                    .object(TypeReference.named(schema.queryType))
                },
                field("mutationType", .named("__Type")) { (_: Schema) in .null },
                field("subscriptionType", .named("__Type")) { (_: Schema) in .null },
                field("directives", .nonNull(listOf("__Directive"))) { (schema: Schema) in
                    .list(schema.directives.map { .object($0) })
                },
            ])

        private static let fieldType = ObjectType(
            name: "__Field", description: "A field of an object type.",
            fields: [
                field("name", name) { (field: FieldDefinition) in .string(field.name) },
                field("description", text) { (field: FieldDefinition) in described(field.description) },
                inputs("args") { ($0 as? FieldDefinition)?.arguments },
                field("type", .nonNull(.named("__Type"))) { (field: FieldDefinition) in .object(field.type) },
                field("isDeprecated", boolean) { (_: FieldDefinition) in .boolean(false) },
                field("deprecationReason", text) { (_: FieldDefinition) in .null },
            ])

        private static let inputValueType = ObjectType(
            name: "__InputValue", description: "An argument.",
            fields: [
                field("name", name) { (input: InputDefinition) in .string(input.name) },
                field("description", text) { (input: InputDefinition) in described(input.description) },
                field("type", .nonNull(.named("__Type"))) { (input: InputDefinition) in .object(input.type) },
                field("defaultValue", text) { (input: InputDefinition) in
                    guard case .bool(let value) = input.defaultValue else { return .null }
                    return .string("\(value)")
                },
                field("isDeprecated", boolean) { (_: InputDefinition) in .boolean(false) },
                field("deprecationReason", text) { (_: InputDefinition) in .null },
            ])

        private static let enumValueType = ObjectType(
            name: "__EnumValue", description: "A value of an enumeration.",
            fields: [
                field("name", name) { (value: String) in .string(value) },
                field("description", text) { (_: String) in .null },
                field("isDeprecated", boolean) { (_: String) in .boolean(false) },
                field("deprecationReason", text) { (_: String) in .null },
            ])

        private static let directiveType = ObjectType(
            name: "__Directive", description: "A directive.",
            fields: [
                field("name", name) { (directive: DirectiveDefinition) in .string(directive.name) },
                field("description", text) { (directive: DirectiveDefinition) in described(directive.description) },
                field("isRepeatable", boolean) { (_: DirectiveDefinition) in .boolean(false) },
                field("locations", .nonNull(listOf("__DirectiveLocation"))) { (directive: DirectiveDefinition) in
                    .list(directive.locations.map { .string($0.rawValue) })
                },
                inputs("args") { ($0 as? DirectiveDefinition)?.arguments },
            ])

        private static func described(_ text: String) -> Resolved { text.isEmpty ? .null : .string(text) }

        private static func inputs(
            _ name: String, _ inputs: @escaping @Sendable (any Sendable) -> [InputDefinition]?
        ) -> FieldDefinition {
            FieldDefinition(
                name: name, description: "", arguments: withDeprecated, type: .nonNull(listOf("__InputValue"))
            ) { request in .list((inputs(request.source) ?? []).map { .object($0) }) }
        }

        // MARK: __Type

        /// A field of `__Type`; its source is a reference, since lists and non-null types have no name.
        private static func ofType(
            _ name: String, _ type: TypeReference, arguments: [InputDefinition] = [],
            _ value: @escaping @Sendable (TypeReference, NamedType?) -> Resolved
        ) -> FieldDefinition {
            FieldDefinition(name: name, description: "", arguments: arguments, type: type) { request in
                guard let reference = request.source as? TypeReference else { return .null }
                guard case .named(let name) = reference else { return value(reference, nil) }
                return value(reference, request.schema.types[name])
            }
        }

        private static let typeType = ObjectType(
            name: "__Type", description: "A type, named, or a list or non-null type of another.",
            fields: [
                ofType("kind", .nonNull(.named("__TypeKind"))) { reference, type in .string(kind(reference, type)) },
                ofType("name", text) { _, type in .optional(type?.name) },
                ofType("description", text) { _, type in type.map { described($0.description) } ?? .null },
                ofType("fields", listOf("__Field"), arguments: withDeprecated) { _, type in
                    guard case .object(let object) = type else { return .null }
                    return .list(object.fields.map { .object($0) })
                },
                ofType("interfaces", listOf("__Type")) { _, type in
                    if case .object = type { .list([]) } else { .null }
                },
                ofType("possibleTypes", listOf("__Type")) { _, _ in .null },
                ofType("enumValues", listOf("__EnumValue"), arguments: withDeprecated) { _, type in
                    guard case .enumeration(let enumeration) = type else { return .null }
                    return .list(enumeration.values.map { .object($0) })
                },
                ofType("inputFields", listOf("__InputValue"), arguments: withDeprecated) { _, _ in .null },
                ofType("ofType", .named("__Type")) { reference, _ in
                    switch reference {
                    case .named: .null
                    case .list(let element): .object(element)
                    case .nonNull(let type): .object(type)
                    }
                },
                ofType("specifiedByURL", text) { _, _ in .null },
            ])

        private static func kind(_ reference: TypeReference, _ type: NamedType?) -> String {
            switch (reference, type) {
            case (.list, _): "LIST"
            case (.nonNull, _): "NON_NULL"
            case (_, .object): "OBJECT"
            case (_, .enumeration): "ENUM"
            default: "SCALAR"
            }
        }
    }
}

extension GraphQL.NamedType {
    var description: String {
        switch self {
        case .scalar(let type): type.description
        case .object(let type): type.description
        case .enumeration(let type): type.description
        }
    }
}
