extension GraphQL {
    /// Executes one valid operation: section 6 of the specification.
    struct Executor {
        private let schema: Schema
        private let fragments: [String: Fragment]
        private let variables: [String: JSONValue]
        private let lookup: StockLookup
        private(set) var failures: [Failure] = []
        private var budget = Limits.fields

        init(_ document: Document, schema: Schema, variables: [String: JSONValue], lookup: StockLookup) {
            self.schema = schema
            self.variables = variables
            self.lookup = lookup
            fragments = Dictionary(
                document.fragments.map { ($0.name.text, $0) }, uniquingKeysWith: { first, _ in first })
        }

        /// A null that no field above may be instead of, so that the object around it is null too.
        private struct NullBubbles: Error {}

        /// - Returns: the answer's `data`.
        mutating func run(_ operation: Operation) async -> Output {
            guard let root = schema.object(schema.queryType) else { return .null }
            do {
                return try await object([operation.selections], of: root, source: schema, path: [])
            } catch {
                return .null
            }
        }

        private mutating func object(
            _ sets: [[Selection]], of type: ObjectType, source: any Sendable, path: [Failure.PathElement]
        ) async throws -> Output {
            var keys: [String] = []
            var groups: [String: [Field]] = [:]
            var visited: Set<String> = []
            for set in sets { try collect(set, &keys, &groups, &visited) }
            var members: [(name: String, value: Output)] = []
            for key in keys {
                guard let group = groups[key], let field = group.first else { continue }
                if field.name.text == "__typename" {
                    members.append((key, .string(type.name)))
                    continue
                }
                guard let definition = schema.field(field.name.text, of: type) else { continue }
                let value = try await self.field(group, field, definition, source, path + [.name(key)])
                members.append((key, value))
            }
            return .object(members)
        }

        private mutating func collect(
            _ selections: [Selection], _ keys: inout [String], _ groups: inout [String: [Field]],
            _ visited: inout Set<String>
        ) throws {
            for selection in selections where try isIncluded(selection) {
                switch selection {
                case .field(let field):
                    if groups[field.responseKey] == nil { keys.append(field.responseKey) }
                    groups[field.responseKey, default: []].append(field)
                case .inline(let inline): try collect(inline.selections, &keys, &groups, &visited)
                case .spread(let spread):
                    guard visited.insert(spread.name.text).inserted, let fragment = fragments[spread.name.text] else {
                        continue
                    }
                    try collect(fragment.selections, &keys, &groups, &visited)
                }
            }
        }

        private mutating func isIncluded(_ selection: Selection) throws -> Bool {
            for directive in selection.directives {
                guard let definition = schema.directives.first(where: { $0.name == directive.name.text }) else {
                    continue
                }
                do {
                    let arguments = try Coercion.arguments(
                        directive.arguments, definition.arguments, in: schema, variables: variables)
                    if (arguments["if"] == .bool(true)) != (directive.name.text == "include") { return false }
                } catch {
                    failures.append(error)
                    throw NullBubbles()
                }
            }
            return true
        }

        private mutating func field(
            _ group: [Field], _ field: Field, _ definition: FieldDefinition, _ source: any Sendable,
            _ path: [Failure.PathElement]
        ) async throws -> Output {
            do {
                budget -= 1
                guard budget >= 0 else {
                    throw Failure(message: "The answer has more than \(Limits.fields) fields.", code: "TOO_COMPLEX")
                }
                let arguments = try Coercion.arguments(
                    field.arguments, definition.arguments, in: schema, variables: variables)
                let resolved = try await definition.resolve(
                    Resolution(source: source, arguments: arguments, schema: schema, lookup: lookup))
                return try await complete(resolved, as: definition.type, group.map(\.selections), path)
            } catch is NullBubbles {
                // Its reason has been noted where it happened.
            } catch {
                note(error, field, path)
            }
            guard !definition.type.isNonNull else { throw NullBubbles() }
            return .null
        }

        private mutating func note(_ error: any Error, _ field: Field, _ path: [Failure.PathElement]) {
            guard failures.count < Limits.errors else { return }
            var failure: Failure
            switch error {
            case let error as Failure: failure = error
            case StoreError.unavailable(let message, _): failure = Failure(message: message, code: "UNAVAILABLE")
            case let error as StoreError: failure = Failure(message: error.message)
            default: failure = Failure(message: "An unforeseen error.", code: "INTERNAL")
            }
            failure.offsets = [field.offset]
            failure.path = path
            failures.append(failure)
        }

        private mutating func complete(
            _ value: Resolved, as type: TypeReference, _ sets: [[Selection]], _ path: [Failure.PathElement]
        ) async throws -> Output {
            if case .nonNull(let inner) = type {
                let output = try await complete(value, as: inner, sets, path)
                guard case .null = output else { return output }
                throw NullBubbles()
            }
            switch value {
            case .null: return .null
            case .int(let number): return .int(number)
            case .decimal(let amount): return .decimal(amount)
            case .string(let text): return .string(text)
            case .boolean(let value): return .boolean(value)
            case .object(let source):
                guard let object = schema.object(type.namedType) else { return .null }
                return try await self.object(sets, of: object, source: source, path: path)
            case .list(let elements):
                guard case .list(let element) = type else { return .null }
                var outputs: [Output] = []
                for (index, value) in elements.enumerated() {
                    outputs.append(try await complete(value, as: element, sets, path + [.index(index)]))
                }
                return .list(outputs)
            }
        }
    }
}
