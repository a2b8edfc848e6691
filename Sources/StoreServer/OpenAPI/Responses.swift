extension OpenAPI {
    /// Answers that many routes have.
    static let responses: String = {
        let integer = "{\"type\":\"integer\",\"minimum\":1}"
        let all: KeyValuePairs<String, String> = [
            "BadRequest": failure("Malformed or invalid; the same request will never succeed.", "items is missing"),
            "NotFound": failure("Something that the request names is not there.", "there is no product 9"),
            "NothingDeleted": response("There was nothing to delete.", "NotDeleted", "{\"deleted\":false}"),
            "MethodNotAllowed": failure(
                "The path has other methods.", "this path answers to GET, HEAD only",
                header: ("Allow", "The path's methods.", "{\"type\":\"string\"}")),
            "RequestTimeout": failure(
                "The request did not arrive in time; the connection is closed.", "the request did not arrive in time"),
            "Conflict": failure("It contradicts what is stored.", "there are orders of product 1"),
            "ContentTooLarge": failure(
                "The body is larger than \(Bounds.body) bytes.", "the body is larger than \(Bounds.body) bytes"),
            "URITooLong": failure("The request's first line is too long.", "the request's address is too long"),
            "UnsupportedMediaType": failure(
                "The Content-Type of the body is not JSON.",
                "the body must be JSON: send Content-Type: application/json"),
            "HeaderFieldsTooLarge": failure("The header is too large.", "the request's header is too large"),
            "Unavailable": failure(
                "A database is down or overloaded; the same request may succeed later.",
                "MySQL cannot do it now (error 2002)", header: ("Retry-After", "Seconds to wait.", integer)),
        ]
        return "{" + all.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }()

    private static func failure(
        _ description: String, _ example: String, header: (name: String, description: String, schema: String)? = nil
    ) -> String {
        response(description, "Error", "{\"error\":\"\(example)\"}", header: header)
    }

    private static func response(
        _ description: String, _ schema: String, _ example: String,
        header: (name: String, description: String, schema: String)? = nil
    ) -> String {
        let headers = header.map { header in
            "\"headers\":{\"\(header.name)\":{\"required\":true,\"description\":\"\(header.description)\","
                + "\"schema\":\(header.schema)}},"
        }
        return "{\"description\":\"\(description)\",\(headers ?? "")\"content\":{\"application/json\":"
            + "{\"schema\":\(reference(schema)),\"example\":\(example)}}}"
    }
}
