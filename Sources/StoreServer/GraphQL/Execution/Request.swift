extension GraphQL {
    /// What a client asks for: section 6.1 of the specification, and the body's members in GraphQL over HTTP.
    package struct Request: Sendable {
        package var query: String
        package var operationName: String?
        package var variables: [String: JSONValue]

        package init(query: String, operationName: String? = nil, variables: [String: JSONValue] = [:]) {
            self.query = query
            self.operationName = operationName
            self.variables = variables
        }
    }

    /// An answer; it is written with both members whatever they are.
    package struct Response: Sendable {
        var data: Output
        package var failures: [Failure]
    }

    package static func execute(_ request: Request, schema: Schema, store: any Store) async -> Response {
        do {
            let document = try Parser.parse(request.query)
            let failures = Validator.validate(document, against: schema)
            guard failures.isEmpty else { return Response(data: .null, failures: failures) }
            let operation = try operation(named: request.operationName, in: document)
            let variables = try Coercion.variables(request.variables, for: operation, in: schema)
            var executor = Executor(document, schema: schema, variables: variables, lookup: StockLookup(store))
            let data = await executor.run(operation)
            return Response(data: data, failures: executor.failures)
        } catch {
            return Response(data: .null, failures: [error])
        }
    }

    private static func operation(named name: String?, in document: Document) throws(Failure) -> Operation {
        guard let name else {
            guard document.operations.count < 2 else {
                throw Failure(message: "There are several operations: say which in operationName.")
            }
            guard let operation = document.operations.first else {
                throw Failure(message: "There is no operation in the text.")
            }
            return operation
        }
        guard let operation = document.operations.first(where: { $0.name?.text == name }) else {
            throw Failure(message: "There is no operation named \"\(name)\".")
        }
        return operation
    }
}
