extension GraphQL {
    /// Reads operations and fragments. Definitions of types are no part of a request and are refused.
    struct Parser {
        private var lexer: Lexer
        private(set) var token = Token(kind: .end, offset: 0)
        private var count = 0
        private var depth = 0

        private init(_ text: String) throws(Failure) {
            lexer = Lexer(text)
            try advance()
        }

        static func parse(_ text: String) throws(Failure) -> Document {
            var parser = try Parser(text)
            var document = Document()
            repeat { try parser.definition(into: &document) } while parser.token.kind != .end
            return document
        }

        func unexpected(_ wanted: String) -> Failure {
            lexer.failure("expected \(wanted), found \(token.description)", at: token.offset)
        }

        mutating func advance() throws(Failure) {
            token = try lexer.next()
            count += 1
            guard count <= Limits.tokens else {
                throw lexer.failure("more than \(Limits.tokens) tokens", at: token.offset)
            }
        }

        /// Takes the sign if it is the next token.
        mutating func take(_ sign: Unicode.Scalar) throws(Failure) -> Bool {
            guard token.kind == .punctuator(sign) else { return false }
            try advance()
            return true
        }

        mutating func expect(_ sign: Unicode.Scalar) throws(Failure) {
            guard try take(sign) else { throw unexpected(sign == "." ? "\"...\"" : "\"\(sign)\"") }
        }

        mutating func name() throws(Failure) -> Name {
            guard case .name(let text) = token.kind else { throw unexpected("a name") }
            let name = Name(text: text, offset: token.offset)
            try advance()
            return name
        }

        /// Keeps the nesting of braces, brackets and values within what the stack bears.
        mutating func nested<Value>(
            _ body: (inout Parser) throws(Failure) -> Value
        ) throws(Failure) -> Value {
            depth += 1
            guard depth <= 2 * Limits.depth else { throw lexer.failure("nested too deeply", at: token.offset) }
            let value = try body(&self)
            depth -= 1
            return value
        }

        /// One or more between two signs.
        mutating func list<Value>(
            _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ element: (inout Parser) throws(Failure) -> Value
        ) throws(Failure) -> [Value] {
            try expect(open)
            var values: [Value] = []
            repeat { values.append(try element(&self)) } while try !take(close)
            return values
        }

        private mutating func definition(into document: inout Document) throws(Failure) {
            let offset = token.offset
            if token.kind == .punctuator("{") {
                let selections = try selections()
                document.operations.append(Operation(kind: .query, selections: selections, offset: offset))
                return
            }
            guard case .name(let word) = token.kind else { throw unexpected("an operation or a fragment") }
            if word == "fragment" {
                document.fragments.append(try fragment())
            } else if let kind = Operation.Kind(rawValue: word) {
                document.operations.append(try operation(kind))
            } else {
                throw unexpected("an operation or a fragment")
            }
        }

        private mutating func operation(_ kind: Operation.Kind) throws(Failure) -> Operation {
            let offset = token.offset
            try advance()
            var name: Name?
            if case .name = token.kind { name = try self.name() }
            var variables: [VariableDefinition] = []
            if token.kind == .punctuator("(") {
                variables = try list("(", ")") { parser throws(Failure) in try parser.variable() }
            }
            let directives = try directives()
            return Operation(
                kind: kind, name: name, variables: variables, directives: directives, selections: try selections(),
                offset: offset)
        }

        private mutating func fragment() throws(Failure) -> Fragment {
            let offset = token.offset
            try advance()
            guard token.kind != .name("on") else { throw unexpected("a fragment's name") }
            let name = try name()
            guard token.kind == .name("on") else { throw unexpected("\"on\"") }
            try advance()
            let condition = try self.name()
            let directives = try directives()
            return Fragment(
                name: name, typeCondition: condition, directives: directives, selections: try selections(),
                offset: offset)
        }

        private mutating func variable() throws(Failure) -> VariableDefinition {
            try expect("$")
            let name = try name()
            try expect(":")
            let typeOffset = token.offset
            let type = try type()
            let defaultValue = try take("=") ? try literal(isConstant: true) : nil
            return VariableDefinition(
                name: name, type: type, typeOffset: typeOffset, defaultValue: defaultValue,
                directives: try directives(isConstant: true))
        }

        private mutating func type() throws(Failure) -> TypeReference {
            let type: TypeReference
            if try take("[") {
                type = .list(try nested { parser throws(Failure) in try parser.type() })
                try expect("]")
            } else {
                type = .named(try name().text)
            }
            return try take("!") ? .nonNull(type) : type
        }
    }
}
