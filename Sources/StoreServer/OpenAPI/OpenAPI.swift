package import NIOCore

/// The description of the API, written once.
package enum OpenAPI {
    /// A route as the description tells it.
    struct Operation: Sendable {
        struct Body: Sendable {
            /// The name of a schema.
            var schema: String
            /// Examples by name, each JSON.
            var examples: [(name: String, json: String)]
        }

        struct Success: Sendable {
            var status = 200
            var description: String
            /// JSON of a schema.
            var schema: String
            var contentType = "application/json"
            /// JSON; nil where it would say nothing.
            var example: String?
            /// JSON of the operations that may follow, by name.
            var links: String?
        }

        var method: String
        var path: String
        var id: String
        var tag: String
        var summary: String
        var description: String?
        var body: Body?
        var success: Success
        /// Names of common answers by status, beside those that every route has.
        var failures: [(status: Int, response: String)]

        var takesID: Bool { path.contains("{id}") }
    }

    /// JSON.
    package static let document: ByteBuffer = {
        var writer = JSONWriter(capacity: 48 * 1024)
        writer.object { writer in
            writer.member("openapi", "3.1.0")
            writer.name("info")
            writer.raw(information)
            writer.name("tags")
            writer.raw(tags)
            writer.name("paths")
            writer.object { writer in
                var paths: [String] = []
                for operation in operations where !paths.contains(operation.path) { paths.append(operation.path) }
                for path in paths {
                    writer.name(text: path)
                    writer.object { writer in
                        for operation in operations where operation.path == path { operation.write(to: &writer) }
                    }
                }
            }
            writer.name("components")
            writer.raw("{\"schemas\":\(schemas),\"responses\":\(responses),\"parameters\":\(parameters)}")
        }
        return writer.buffer
    }()

    static let operations = orderOperations + catalogueOperations + stockOperations + storeOperations

    private static let information = """
        {"title":"Store manager","version":"1","license":{"name":"MIT","identifier":"MIT"},
        "description":"The store that StoreLab measures: orders, products, users, stocks and two reports. Writes go to MySQL \
        and are mirrored into Redis; the reports are read from where the store's mode says. Every GET may be asked as HEAD. \
        A member that this description does not name is ignored; of a member that occurs twice the last counts."}
        """

    private static let tags = """
        [{"name":"orders","description":"Orders and the reports on them."},
        {"name":"products","description":"What is sold."},{"name":"users","description":"Who buys."},
        {"name":"stocks","description":"Units in stock."},
        {"name":"operations","description":"For those who run the store."}]
        """

    private static let parameters = """
        {"id":{"name":"id","in":"path","required":true,"description":"An id, without leading zeros.",
        "schema":{"$ref":"#/components/schemas/Id"},"example":1}}
        """
}

extension OpenAPI.Operation {
    func write(to writer: inout JSONWriter) {
        writer.name(text: method)
        writer.object { writer in
            writer.member("operationId", id)
            writer.name("tags")
            writer.array([tag]) { $0.string($1) }
            writer.member("summary", summary)
            if let description { writer.member("description", description) }
            if takesID {
                writer.name("parameters")
                writer.raw("[{\"$ref\":\"#/components/parameters/id\"}]")
            }
            if let body { write(body, to: &writer) }
            writer.name("responses")
            writer.object { writer in
                writer.name(text: "\(success.status)")
                write(success, to: &writer)
                for failure in allFailures {
                    writer.name(text: "\(failure.status)")
                    writer.raw("{\"$ref\":\"#/components/responses/\(failure.response)\"}")
                }
            }
        }
    }

    /// With those of the connection, which come before any route.
    private var allFailures: [(status: Int, response: String)] {
        var all =
            failures + [
                (405, "MethodNotAllowed"), (408, "RequestTimeout"), (414, "URITooLong"), (431, "HeaderFieldsTooLarge"),
            ]
        for common in [(400, "BadRequest"), (413, "ContentTooLarge")]
        where !all.contains(where: { $0.status == common.0 }) {
            all.append(common)
        }
        if body != nil { all.append((415, "UnsupportedMediaType")) }
        return all.sorted { $0.status < $1.status }
    }

    private func write(_ body: Body, to writer: inout JSONWriter) {
        writer.name("requestBody")
        writer.object { writer in
            writer.member("required", true)
            writer.name("content")
            writer.object { writer in
                writer.name("application/json")
                writer.object { writer in
                    writer.name("schema")
                    writer.raw("{\"$ref\":\"#/components/schemas/\(body.schema)\"}")
                    writer.name("examples")
                    writer.object { writer in
                        for example in body.examples {
                            writer.name(text: example.name)
                            writer.raw("{\"value\":\(example.json)}")
                        }
                    }
                }
            }
        }
    }

    private func write(_ success: Success, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("description", success.description)
            writer.name("content")
            writer.object { writer in
                writer.name(text: success.contentType)
                writer.object { writer in
                    writer.name("schema")
                    writer.raw(success.schema)
                    if let example = success.example {
                        writer.name("example")
                        writer.raw(example)
                    }
                }
            }
            if let links = success.links {
                writer.name("links")
                writer.raw(links)
            }
        }
    }
}
