extension GraphQL {
    /// The types that a request may use, and how their fields get their values.
    package struct Schema: Sendable {
        let queryType: String
        /// By name; the order of introspection is that of `typeNames`.
        let types: [String: NamedType]
        let typeNames: [String]
        let directives: [DirectiveDefinition]

        /// - Parameter types: the API's own types; scalars and the types of introspection are added.
        init(query: ObjectType, types: [ObjectType]) {
            let all =
                ([query] + types).map(NamedType.object) + ScalarType.allCases.map(NamedType.scalar)
                + Introspection.types
            queryType = query.name
            self.types = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            typeNames = all.map(\.name)
            directives = DirectiveDefinition.standard
        }

        func object(_ name: String) -> ObjectType? {
            guard case .object(let type) = types[name] else { return nil }
            return type
        }

        /// Also finds the fields that every object, or the query type, has without declaring them.
        func field(_ name: String, of type: ObjectType) -> FieldDefinition? {
            switch name {
            case "__typename": Introspection.typename
            case "__schema" where type.name == queryType: Introspection.schemaField
            case "__type" where type.name == queryType: Introspection.typeField
            default: type.fields.first { $0.name == name }
            }
        }
    }

    enum NamedType: Sendable {
        case scalar(ScalarType)
        case object(ObjectType)
        case enumeration(EnumType)

        var name: String {
            switch self {
            case .scalar(let type): type.rawValue
            case .object(let type): type.name
            case .enumeration(let type): type.name
            }
        }

        var isLeaf: Bool {
            if case .object = self { false } else { true }
        }
    }

    enum ScalarType: String, Sendable, CaseIterable {
        case string = "String"
        case int = "Int"
        case float = "Float"
        case boolean = "Boolean"

        var description: String {
            switch self {
            case .string: "Text in UTF-8."
            case .int: "A whole number of 32 bits with a sign."
            case .float: "A decimal number."
            case .boolean: "true or false."
            }
        }
    }

    struct EnumType: Sendable {
        var name: String
        var description: String
        var values: [String]
    }

    struct ObjectType: Sendable {
        var name: String
        var description: String
        var fields: [FieldDefinition]
    }

    struct FieldDefinition: Sendable {
        typealias Resolver = @Sendable (Resolution) async throws -> Resolved

        var name: String
        var description: String
        var arguments: [InputDefinition] = []
        var type: TypeReference
        var resolve: Resolver
    }

    /// An argument.
    struct InputDefinition: Sendable {
        var name: String
        var description: String
        var type: TypeReference
        /// As the specification's language writes it, which for these types is JSON too.
        var defaultValue: JSONValue?

        var isRequired: Bool { type.isNonNull && defaultValue == nil }
    }

    struct DirectiveDefinition: Sendable {
        enum Location: String, Sendable, CaseIterable {
            case query = "QUERY"
            case mutation = "MUTATION"
            case subscription = "SUBSCRIPTION"
            case field = "FIELD"
            case fragmentDefinition = "FRAGMENT_DEFINITION"
            case fragmentSpread = "FRAGMENT_SPREAD"
            case inlineFragment = "INLINE_FRAGMENT"
            case variableDefinition = "VARIABLE_DEFINITION"
        }

        var name: String
        var description: String
        var arguments: [InputDefinition]
        var locations: [Location]

        static let standard: [DirectiveDefinition] = [
            conditional("include", "Takes the selection only where the argument is true."),
            conditional("skip", "Leaves the selection out where the argument is true."),
        ]

        private static func conditional(_ name: String, _ description: String) -> DirectiveDefinition {
            DirectiveDefinition(
                name: name, description: description,
                arguments: [
                    InputDefinition(
                        name: "if", description: "The condition.", type: .nonNull(.named(ScalarType.boolean.rawValue)))
                ],
                locations: [.field, .fragmentSpread, .inlineFragment])
        }
    }
}
