extension GraphQL {
    /// Says why a document cannot be executed: section 5 of the specification.
    struct Validator {
        let schema: Schema
        let document: Document
        let fragments: [String: Fragment]
        private(set) var failures: [Failure] = []

        private init(_ document: Document, _ schema: Schema) {
            self.schema = schema
            self.document = document
            fragments = Dictionary(
                document.fragments.map { ($0.name.text, $0) }, uniquingKeysWith: { first, _ in first })
        }

        /// - Returns: nothing for a document that may be executed.
        static func validate(_ document: Document, against schema: Schema) -> [Failure] {
            var validator = Validator(document, schema)
            validator.checkDefinitions()
            if validator.checkCycles() { validator.checkOperations() }
            return Array(validator.failures.prefix(Limits.errors))
        }

        mutating func fail(_ message: String, at offsets: Int...) {
            failures.append(Failure(message: message, offsets: offsets))
        }

        private mutating func checkDefinitions() {
            checkUnique(document.operations.compactMap(\.name), "operation")
            checkUnique(document.fragments.map(\.name), "fragment")
            if document.operations.count > 1 {
                for operation in document.operations where operation.name == nil {
                    fail("An anonymous operation must be the only one.", at: operation.offset)
                }
            }
            for fragment in document.fragments {
                guard isComposite(fragment.typeCondition) else { continue }
                var walk = SelectionWalk(validator: self)
                walk.directives(fragment.directives, at: .fragmentDefinition)
                walk.selections(fragment.selections, of: schema.object(fragment.typeCondition.text))
                failures += walk.failures
            }
            checkUnusedFragments()
        }

        mutating func checkUnique(_ names: [Name], _ kind: String) {
            var first: [String: Int] = [:]
            for name in names {
                if let offset = first[name.text] {
                    fail("There is more than one \(kind) named \"\(name.text)\".", at: offset, name.offset)
                } else {
                    first[name.text] = name.offset
                }
            }
        }

        private mutating func isComposite(_ condition: Name) -> Bool {
            guard let type = schema.types[condition.text] else {
                fail("Unknown type \"\(condition.text)\".", at: condition.offset)
                return false
            }
            if type.isLeaf {
                fail(
                    "A fragment cannot stand on the type \"\(condition.text)\": it has no fields.", at: condition.offset
                )
            }
            return !type.isLeaf
        }

        private mutating func checkUnusedFragments() {
            var used: Set<String> = []
            var queue = document.operations.flatMap { Self.spreads(in: $0.selections) }
            while let name = queue.popLast() {
                guard used.insert(name).inserted, let fragment = fragments[name] else { continue }
                queue += Self.spreads(in: fragment.selections)
            }
            for fragment in document.fragments where !used.contains(fragment.name.text) {
                fail("The fragment \"\(fragment.name.text)\" is never used.", at: fragment.offset)
            }
        }

        static func spreads(in selections: [Selection]) -> [String] {
            selections.flatMap { selection -> [String] in
                switch selection {
                case .field(let field): spreads(in: field.selections)
                case .inline(let inline): spreads(in: inline.selections)
                case .spread(let spread): [spread.name.text]
                }
            }
        }

        /// - Returns: false when a fragment contains itself, so that nothing may follow spreads.
        private mutating func checkCycles() -> Bool {
            var finished: Set<String> = []
            var path: [String] = []
            var sound = true
            func visit(_ name: String, _ validator: inout Validator) {
                guard let fragment = validator.fragments[name], !finished.contains(name) else { return }
                if path.contains(name) {
                    sound = false
                    validator.fail("The fragment \"\(name)\" contains itself.", at: fragment.offset)
                    return
                }
                guard path.count < Limits.depth else {
                    sound = false
                    return validator.fail(
                        "Fragments are nested more than \(Limits.depth) deep.", at: fragment.offset)
                }
                path.append(name)
                for spread in Self.spreads(in: fragment.selections) { visit(spread, &validator) }
                path.removeLast()
                finished.insert(name)
            }
            for fragment in document.fragments { visit(fragment.name.text, &self) }
            return sound
        }

        private mutating func checkOperations() {
            for operation in document.operations {
                guard operation.kind == .query, let root = schema.object(schema.queryType) else {
                    fail("The schema has no \(operation.kind.rawValue)s.", at: operation.offset)
                    continue
                }
                var walk = SelectionWalk(validator: self)
                walk.directives(operation.directives, at: .query)
                walk.selections(operation.selections, of: root)
                failures += walk.failures
                let usages = usages(of: walk)
                checkVariables(of: operation, usages)
                failures += MergeCheck.failures(in: operation, self)
            }
        }

        /// Of an operation and all fragments that it reaches.
        private func usages(of walk: SelectionWalk) -> [VariableUsage] {
            var usages = walk.usages
            var seen: Set<String> = []
            var queue = walk.spreads
            while let name = queue.popLast() {
                guard seen.insert(name).inserted, let fragment = fragments[name] else { continue }
                var inner = SelectionWalk(validator: self)
                inner.directives(fragment.directives, at: .fragmentDefinition)
                inner.selections(fragment.selections, of: schema.object(fragment.typeCondition.text))
                usages += inner.usages
                queue += inner.spreads
            }
            return usages
        }
    }
}
