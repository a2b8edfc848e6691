extension GraphQL {
    /// A place where a variable stands.
    struct VariableUsage {
        var name: String
        /// nil in an argument that nothing declares.
        var type: TypeReference?
        var hasDefault: Bool
        var offset: Int
    }

    /// Checks one operation or fragment by itself, without following its spreads, and notes what it uses.
    struct SelectionWalk {
        private let schema: Schema
        private let fragments: [String: Fragment]
        private(set) var failures: [Failure] = []
        private(set) var usages: [VariableUsage] = []
        private(set) var spreads: [String] = []

        init(validator: Validator) {
            schema = validator.schema
            fragments = validator.fragments
        }

        private mutating func fail(_ message: String, at offsets: Int...) {
            failures.append(Failure(message: message, offsets: offsets))
        }

        /// - Parameter type: nil below what is already known to be wrong.
        mutating func selections(_ selections: [Selection], of type: ObjectType?) {
            for selection in selections {
                switch selection {
                case .field(let field):
                    directives(field.directives, at: .field)
                    if let type { self.field(field, of: type) }
                case .inline(let inline):
                    directives(inline.directives, at: .inlineFragment)
                    let condition = inline.typeCondition.map { narrowed($0, from: type, at: inline.offset) } ?? type
                    self.selections(inline.selections, of: condition)
                case .spread(let spread):
                    directives(spread.directives, at: .fragmentSpread)
                    self.spread(spread, in: type)
                }
            }
        }

        /// Objects are all there is to stand on, so a fragment fits its own type only.
        private mutating func narrowed(_ condition: Name, from type: ObjectType?, at offset: Int) -> ObjectType? {
            guard let target = schema.types[condition.text] else {
                fail("Unknown type \"\(condition.text)\".", at: condition.offset)
                return nil
            }
            guard case .object(let object) = target else {
                fail(
                    "A fragment cannot stand on the type \"\(condition.text)\": it has no fields.", at: condition.offset
                )
                return nil
            }
            if let type, type.name != object.name {
                fail("A \"\(type.name)\" is never a \"\(object.name)\", so this fragment cannot be here.", at: offset)
            }
            return object
        }

        private mutating func spread(_ spread: FragmentSpread, in type: ObjectType?) {
            spreads.append(spread.name.text)
            guard let fragment = fragments[spread.name.text] else {
                return fail("Unknown fragment \"\(spread.name.text)\".", at: spread.name.offset)
            }
            let condition = fragment.typeCondition.text
            if let type, schema.object(condition) != nil, condition != type.name {
                fail(
                    "A \"\(type.name)\" is never a \"\(condition)\", so this fragment cannot be here.",
                    at: spread.offset)
            }
        }

        private mutating func field(_ field: Field, of type: ObjectType) {
            guard let definition = schema.field(field.name.text, of: type) else {
                for argument in field.arguments { noteVariables(in: argument.value) }
                return fail("The type \"\(type.name)\" has no field \"\(field.name.text)\".", at: field.offset)
            }
            arguments(
                field.arguments, definition.arguments, of: "field \"\(type.name).\(field.name.text)\"",
                at: field.offset)
            let named = schema.types[definition.type.namedType]
            if named?.isLeaf == true, !field.selections.isEmpty {
                fail(
                    "The field \"\(field.name.text)\" is a \(definition.type) and has no fields to select.",
                    at: field.offset)
            } else if named?.isLeaf == false, field.selections.isEmpty {
                fail(
                    "The field \"\(field.name.text)\" is a \(definition.type): select some of its fields.",
                    at: field.offset)
            }
            selections(field.selections, of: schema.object(definition.type.namedType))
        }

        mutating func directives(_ directives: [Directive], at location: DirectiveDefinition.Location) {
            var seen: [String: Int] = [:]
            for directive in directives {
                let name = directive.name.text
                guard let definition = schema.directives.first(where: { $0.name == name }) else {
                    fail("Unknown directive \"@\(name)\".", at: directive.offset)
                    continue
                }
                if !definition.locations.contains(location) {
                    fail("The directive \"@\(name)\" cannot stand on \(location.rawValue).", at: directive.offset)
                }
                if let first = seen.updateValue(directive.offset, forKey: name) {
                    fail("The directive \"@\(name)\" stands here twice.", at: first, directive.offset)
                }
                arguments(directive.arguments, definition.arguments, of: "directive \"@\(name)\"", at: directive.offset)
            }
        }

        private mutating func arguments(
            _ given: [Argument], _ definitions: [InputDefinition], of owner: String, at offset: Int
        ) {
            var seen: [String: Int] = [:]
            for argument in given {
                let name = argument.name.text
                if let first = seen.updateValue(argument.name.offset, forKey: name) {
                    fail("The argument \"\(name)\" stands here twice.", at: first, argument.name.offset)
                }
                guard let definition = definitions.first(where: { $0.name == name }) else {
                    fail("The \(owner) has no argument \"\(name)\".", at: argument.name.offset)
                    noteVariables(in: argument.value)
                    continue
                }
                value(argument.value, definition.type, hasDefault: definition.defaultValue != nil)
            }
            for definition in definitions where definition.isRequired && seen[definition.name] == nil {
                fail("The \(owner) needs the argument \"\(definition.name)\" of type \(definition.type).", at: offset)
            }
        }

        private mutating func value(_ literal: Literal, _ type: TypeReference, hasDefault: Bool) {
            switch (literal.kind, type) {
            case (.variable(let name), _):
                usages.append(VariableUsage(name: name, type: type, hasDefault: hasDefault, offset: literal.offset))
            case (.null, .nonNull):
                fail("null cannot stand where a \(type) is expected.", at: literal.offset)
            case (_, .nonNull(let inner)): value(literal, inner, hasDefault: hasDefault)
            case (.list(let elements), .list(let element)):
                for literal in elements { value(literal, element, hasDefault: false) }
            case (_, .list(let element)): value(literal, element, hasDefault: false)
            default:
                noteVariables(in: literal)
                do {
                    _ = try Coercion.value(of: literal, as: type, in: schema, variables: [:])
                } catch {
                    failures.append(error)
                }
            }
        }

        private mutating func noteVariables(in literal: Literal) {
            switch literal.kind {
            case .variable(let name):
                usages.append(VariableUsage(name: name, type: nil, hasDefault: false, offset: literal.offset))
            case .list(let elements): for element in elements { noteVariables(in: element) }
            case .object(let members): for member in members { noteVariables(in: member.value) }
            default: break
            }
        }
    }
}
