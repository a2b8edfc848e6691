import Foundation
import Imports
import TestSupport
import Testing

/// What a first experiment takes from a description, as `storelab new --from` does.
@Suite(.timed) struct DescribedReadsTests {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Engine/projects/05-anchors/openapi.yaml")

    @Test func readsWithoutAnUnknownValueAreTaken() throws {
        let described = try #require(DescribedReads(Array(Data(contentsOf: Self.project))))
        #expect(described.read == ["/items", "/orders/last"])
        #expect(described.leftOut.sorted() == ["GET /items/{id}", "POST /items"])
    }

    @Test func theBasePathIsKept() throws {
        let text = """
            {"openapi": "3.1.0", "servers": [{"url": "/api/v1"}], "paths": {"/a": {"get": {"parameters":
              [{"name": "q", "in": "query", "required": true, "example": "x y", "schema": {"type": "string"}}]}},
              "/b": {"get": {"parameters": [{"name": "X-Key", "in": "header", "required": true, "example": "k"}]}}}}
            """
        let described = try #require(DescribedReads(Array(text.utf8)))
        #expect(described.read == ["/api/v1/a?q=x%20y"] && described.leftOut == ["GET /b"])
    }

    @Test(arguments: ["", "{", "[1]", "paths: {}", "openapi: 3.0.0", "{\"swagger\": \"2.0\"}"])
    func whatIsNoDescriptionGivesNothingToRead(text: String) {
        #expect(DescribedReads(Array(text.utf8))?.read.isEmpty ?? true)
    }
}
