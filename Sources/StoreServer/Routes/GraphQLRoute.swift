import Hummingbird

/// Products and stock levels as a GraphQL query asks for them.
///
/// The status is 200 for every request that is one, also where the query itself is wrong: `errors` says so. Only a body
/// that is no GraphQL request gets 400.
struct GraphQLRoute {
    let store: any Store

    func add(to routes: RouteTable) {
        routes.on(.post, "/stocks/graphql-query") { request, _ in
            let request = try Self.request(await request.jsonBody())
            let response = await GraphQL.execute(request, schema: .store, store: store)
            return Answer.json { response.write(to: &$0, query: request.query) }
        }
    }

    private static func request(_ body: JSONObject) throws -> GraphQL.Request {
        guard case .string(let query) = body.members["query"] else {
            throw RequestError.badRequest("query must be a string with a GraphQL query")
        }
        var request = GraphQL.Request(query: query)
        switch body.members["variables"] {
        case nil, .null?: break
        case .object(let variables)?: request.variables = variables
        case let value?: throw RequestError.badRequest("variables must be an object or null, and it is \(value.kind)")
        }
        switch body.members["operationName"] {
        case nil, .null?: break
        case .string(let name)?: request.operationName = name
        case let value?:
            throw RequestError.badRequest("operationName must be a string or null, and it is \(value.kind)")
        }
        return request
    }
}
