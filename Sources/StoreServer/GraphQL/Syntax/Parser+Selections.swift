/// Selections, arguments, directives and values.
extension GraphQL.Parser {
    mutating func selections() throws(GraphQL.Failure) -> [GraphQL.Selection] {
        try nested { parser throws(GraphQL.Failure) in
            try parser.list("{", "}") { parser throws(GraphQL.Failure) in try parser.selection() }
        }
    }

    private mutating func selection() throws(GraphQL.Failure) -> GraphQL.Selection {
        let offset = token.offset
        guard try take(".") else { return .field(try field()) }
        if case .name(let text) = token.kind, text != "on" {
            return .spread(GraphQL.FragmentSpread(name: try name(), directives: try directives(), offset: offset))
        }
        var condition: GraphQL.Name?
        if token.kind == .name("on") {
            try advance()
            condition = try name()
        }
        return .inline(
            GraphQL.InlineFragment(
                typeCondition: condition, directives: try directives(), selections: try selections(), offset: offset))
    }

    private mutating func field() throws(GraphQL.Failure) -> GraphQL.Field {
        let first = try name()
        let second = try take(":") ? try name() : nil
        let arguments = try arguments(isConstant: false)
        let directives = try directives()
        let selections = token.kind == .punctuator("{") ? try selections() : []
        return GraphQL.Field(
            alias: second == nil ? nil : first, name: second ?? first, arguments: arguments, directives: directives,
            selections: selections)
    }

    private mutating func arguments(isConstant: Bool) throws(GraphQL.Failure) -> [GraphQL.Argument] {
        guard token.kind == .punctuator("(") else { return [] }
        return try list("(", ")") { parser throws(GraphQL.Failure) in
            try parser.argument(isConstant: isConstant)
        }
    }

    private mutating func argument(isConstant: Bool) throws(GraphQL.Failure) -> GraphQL.Argument {
        let name = try name()
        try expect(":")
        return GraphQL.Argument(name: name, value: try literal(isConstant: isConstant))
    }

    mutating func directives(isConstant: Bool = false) throws(GraphQL.Failure) -> [GraphQL.Directive] {
        var directives: [GraphQL.Directive] = []
        while token.kind == .punctuator("@") {
            let offset = token.offset
            try advance()
            directives.append(
                GraphQL.Directive(
                    name: try name(), arguments: try arguments(isConstant: isConstant), offset: offset))
        }
        return directives
    }

    /// - Parameter isConstant: where no variable may stand.
    mutating func literal(isConstant: Bool) throws(GraphQL.Failure) -> GraphQL.Literal {
        let offset = token.offset
        return GraphQL.Literal(kind: try literalKind(isConstant), offset: offset)
    }

    private mutating func literalKind(_ isConstant: Bool) throws(GraphQL.Failure) -> GraphQL.Literal.Kind {
        let kind: GraphQL.Literal.Kind
        switch token.kind {
        case .int(let text): kind = .int(text)
        case .float(let text): kind = .float(text)
        case .string(let text): kind = .string(text)
        case .name("true"): kind = .boolean(true)
        case .name("false"): kind = .boolean(false)
        case .name("null"): kind = .null
        case .name(let text): kind = .enumeration(text)
        case .punctuator("$") where !isConstant:
            try advance()
            return .variable(try name().text)
        case .punctuator("["): return .list(try elements(isConstant))
        case .punctuator("{"): return .object(try members(isConstant))
        default: throw unexpected("a value")
        }
        try advance()
        return kind
    }

    private mutating func elements(_ isConstant: Bool) throws(GraphQL.Failure) -> [GraphQL.Literal] {
        try nested { parser throws(GraphQL.Failure) in
            try parser.expect("[")
            var values: [GraphQL.Literal] = []
            while try !parser.take("]") { values.append(try parser.literal(isConstant: isConstant)) }
            return values
        }
    }

    private mutating func members(_ isConstant: Bool) throws(GraphQL.Failure) -> [GraphQL.Argument] {
        try nested { parser throws(GraphQL.Failure) in
            try parser.expect("{")
            var members: [GraphQL.Argument] = []
            while try !parser.take("}") { members.append(try parser.argument(isConstant: isConstant)) }
            return members
        }
    }
}
