extension GraphQL {
    /// A parsed text. Every `offset` counts bytes from its beginning.
    package struct Document: Sendable, Equatable {
        var operations: [Operation] = []
        var fragments: [Fragment] = []
    }

    struct Name: Sendable, Equatable {
        var text: String
        var offset: Int
    }

    struct Operation: Sendable, Equatable {
        enum Kind: String, Sendable {
            case query, mutation, subscription
        }

        var kind: Kind
        /// nil for an anonymous one.
        var name: Name?
        var variables: [VariableDefinition] = []
        var directives: [Directive] = []
        var selections: [Selection]
        var offset: Int
    }

    struct VariableDefinition: Sendable, Equatable {
        var name: Name
        var type: TypeReference
        /// Names that the type mentions, for messages: a type has one.
        var typeOffset: Int
        var defaultValue: Literal?
        var directives: [Directive]
    }

    struct Fragment: Sendable, Equatable {
        var name: Name
        var typeCondition: Name
        var directives: [Directive]
        var selections: [Selection]
        var offset: Int
    }

    enum Selection: Sendable, Equatable {
        case field(Field)
        case spread(FragmentSpread)
        case inline(InlineFragment)

        var directives: [Directive] {
            switch self {
            case .field(let field): field.directives
            case .spread(let spread): spread.directives
            case .inline(let inline): inline.directives
            }
        }
    }

    struct Field: Sendable, Equatable {
        var alias: Name?
        var name: Name
        var arguments: [Argument]
        var directives: [Directive]
        var selections: [Selection]

        /// Its name in the answer.
        var responseKey: String { (alias ?? name).text }
        var offset: Int { (alias ?? name).offset }
    }

    struct FragmentSpread: Sendable, Equatable {
        var name: Name
        var directives: [Directive]
        var offset: Int
    }

    struct InlineFragment: Sendable, Equatable {
        var typeCondition: Name?
        var directives: [Directive]
        var selections: [Selection]
        var offset: Int
    }

    struct Directive: Sendable, Equatable {
        var name: Name
        var arguments: [Argument]
        var offset: Int
    }

    struct Argument: Sendable, Equatable {
        var name: Name
        var value: Literal
    }

    /// A value as it stands in the text.
    struct Literal: Sendable, Equatable {
        indirect enum Kind: Sendable, Equatable {
            case variable(String)
            case int(String)
            case float(String)
            case string(String)
            case boolean(Bool)
            case null
            case enumeration(String)
            case list([Literal])
            case object([Argument])
        }

        var kind: Kind
        var offset: Int
    }

    /// A type as it is referred to, for example `[String!]`.
    indirect enum TypeReference: Sendable, Equatable, CustomStringConvertible {
        case named(String)
        case list(TypeReference)
        case nonNull(TypeReference)

        var description: String {
            switch self {
            case .named(let name): name
            case .list(let element): "[\(element)]"
            case .nonNull(let type): "\(type)!"
            }
        }

        /// Without lists and exclamation marks.
        var namedType: String {
            switch self {
            case .named(let name): name
            case .list(let type), .nonNull(let type): type.namedType
            }
        }

        var nullable: TypeReference {
            if case .nonNull(let type) = self { type } else { self }
        }

        var isNonNull: Bool {
            if case .nonNull = self { true } else { false }
        }
    }
}
