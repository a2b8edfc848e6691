extension GraphQL.Validator {
    mutating func checkVariables(of operation: GraphQL.Operation, _ usages: [GraphQL.VariableUsage]) {
        checkUnique(operation.variables.map(\.name), "variable")
        for variable in operation.variables { checkDefinition(variable) }
        let defined = Dictionary(
            operation.variables.map { ($0.name.text, $0) }, uniquingKeysWith: { first, _ in first })
        for usage in usages {
            guard let variable = defined[usage.name] else {
                fail("The variable \"$\(usage.name)\" is not defined.", at: usage.offset, operation.offset)
                continue
            }
            guard schema.types[variable.type.namedType]?.isLeaf == true, let type = usage.type else { continue }
            if !Self.mayStand(variable, as: type, hasDefault: usage.hasDefault) {
                fail(
                    "The variable \"$\(usage.name)\" is a \(variable.type), and a \(type) is expected here.",
                    at: variable.name.offset - 1, usage.offset)
            }
        }
        let used = Set(usages.map(\.name))
        for variable in operation.variables where !used.contains(variable.name.text) {
            fail("The variable \"$\(variable.name.text)\" is never used.", at: variable.name.offset - 1)
        }
    }

    private mutating func checkDefinition(_ variable: GraphQL.VariableDefinition) {
        for directive in variable.directives {
            let isKnown = schema.directives.contains { $0.name == directive.name.text }
            fail(
                isKnown
                    ? "The directive \"@\(directive.name.text)\" cannot stand on VARIABLE_DEFINITION."
                    : "Unknown directive \"@\(directive.name.text)\".", at: directive.offset)
        }
        guard let type = schema.types[variable.type.namedType] else {
            return fail("Unknown type \"\(variable.type.namedType)\".", at: variable.typeOffset)
        }
        guard type.isLeaf else {
            return fail("A variable cannot be a \(variable.type): that is a type of answers.", at: variable.typeOffset)
        }
        guard let value = variable.defaultValue else { return }
        do throws(GraphQL.Failure) {
            _ = try GraphQL.Coercion.value(of: value, as: variable.type, in: schema, variables: [:])
        } catch {
            fail(error.message, at: error.offsets.first ?? value.offset)
        }
    }

    /// Section 5.8.5, "All variable usages are allowed".
    private static func mayStand(
        _ variable: GraphQL.VariableDefinition, as type: GraphQL.TypeReference, hasDefault: Bool
    ) -> Bool {
        guard type.isNonNull, !variable.type.isNonNull else { return isSubtype(variable.type, of: type) }
        let hasValue = variable.defaultValue.map { $0.kind != .null } ?? false
        return (hasValue || hasDefault) && isSubtype(variable.type, of: type.nullable)
    }

    private static func isSubtype(_ type: GraphQL.TypeReference, of other: GraphQL.TypeReference) -> Bool {
        switch (type, other) {
        case (.nonNull(let inner), .nonNull(let expected)): isSubtype(inner, of: expected)
        case (.nonNull(let inner), _): isSubtype(inner, of: other)
        case (.list(let element), .list(let expected)): isSubtype(element, of: expected)
        case (.named(let name), .named(let expected)): name == expected
        default: false
        }
    }
}
