import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// Bodies that are written in the definition, or lie in files as they are.
@Suite(.timed) struct FormBodyTests {
    private func task(_ text: String, file: [UInt8] = [0xFF, 0, 1]) throws -> LoadTask {
        try withFolder { folder in
            try Data(file).write(to: folder.appending(path: "bodies/x.bin"))
            try Data("n\na b\n".utf8).write(to: folder.appending(path: "t.csv"))
            let path = folder.appending(path: "tasks.yaml")
            try Data("- { name: a, post: /, \(text) }".utf8).write(to: path)
            return try TaskFile(file: path.path).tasks[0]
        }
    }

    private func names(_ pieces: [BodyTemplate.Piece]) -> [BodyTemplate.Piece] {
        pieces.map { piece in
            if case .file(let file) = piece { .file(BodyFileReference(name: file.name, path: "")) } else { piece }
        }
    }

    @Test func aFormIsEncoded() throws {
        let task = try task(
            "form: { 'a b': 'R&D +1', tags: [x, 2, true], none: , id: '${sequence}', of: '${row(t.csv, n)}' }")
        let column = TableColumn(file: "t.csv", name: "n", order: .sequential, values: ["a b"])
        #expect(
            Array(task.bodies[0].pieces).reduce(into: [BodyTemplate.Piece]()) { all, piece in
                if case .text(let text) = piece, case .text(let before) = all.last {
                    all[all.count - 1] = .text(before + text)
                } else {
                    all.append(piece)
                }
            } == [
                .text("a+b=R%26D+%2B1&tags=x&tags=2&tags=true&none=&id="), .sequence(from: 1), .text("&of="),
                .column(column),
            ])
        #expect(
            task.headers == [HeaderTemplate(name: "Content-Type", pieces: [.text("application/x-www-form-urlencoded")])]
        )
    }

    @Test func multipartBodiesHaveTextsAndFiles() throws {
        let task = try task(
            "multipart: { 'na\"me': '${uuid}', f: { file: bodies/x.bin, type: image/png }, g: { file: bodies/x.bin, filename: 'é\".txt' } }"
        )
        let type = try #require(task.headers.first)
        guard case .text(let value)? = type.pieces.first, let boundary = value.split(separator: "boundary=").last else {
            throw Problem(.usage, "no boundary")
        }
        let file = BodyTemplate.Piece.file(BodyFileReference(name: "bodies/x.bin", path: ""))
        #expect(
            names(task.bodies[0].pieces) == [
                .text("--\(boundary)\r\nContent-Disposition: form-data; name=\"na%22me\"\r\n\r\n"), .uuid,
                .text(
                    "\r\n--\(boundary)\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.bin\"\r\nContent-Type: image/png\r\n\r\n"
                ), file,
                .text(
                    "\r\n--\(boundary)\r\nContent-Disposition: form-data; name=\"g\"; filename=\"é%22.txt\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                ), file, .text("\r\n--\(boundary)--\r\n"),
            ])
    }

    @Test func aTextOfAFormMayHaveAType() throws {
        let task = try task("multipart: { j: { text: '{\"a\": ${uuid}}', type: application/json }, k: { text: b } }")
        let body = names(task.bodies[0].pieces).map { piece in
            switch piece {
            case .text(let text): text
            case .uuid: "UUID"
            default: "\(piece)"
            }
        }.joined()
        #expect(body.contains("; name=\"j\"\r\nContent-Type: application/json\r\n\r\n{\"a\": UUID}\r\n--"), "\(body)")
        #expect(body.contains("; name=\"k\"\r\n\r\nb\r\n--"), "\(body)")
        #expect(throws: DefinitionFaults.self) { try self.task("multipart: { j: { text: a, file: bodies/x.bin } }") }
    }

    @Test(arguments: ["file: bodies/x.bin", "body: bodies/x.bin"])
    func whatIsNoTextIsSentAsItIs(text: String) throws {
        let pieces = try task(text).bodies[0].pieces
        #expect(names(pieces) == [.file(BodyFileReference(name: "bodies/x.bin", path: ""))])
        guard case .file(let file) = pieces[0] else { throw Problem(.usage, "no file") }
        #expect(file.path.hasSuffix("/bodies/x.bin") && file.path.hasPrefix("/"))
        // Where a file lies is no part of a record.
        #expect(try String(decoding: JSONEncoder().encode(file), as: UTF8.self) == #""bodies\/x.bin""#)
    }

    @Test func aFileMayBeOfAnySizeAndHasNoPlaceholders() throws {
        let task = try task(
            "file: bodies/x.bin, accept_encoding: [gzip, br]", file: Array(repeating: 0x24, count: 200_000))
        #expect(task.bodies[0].pieces.count == 1)
        #expect(
            task.headers.map(\.name) == ["Content-Type", "Accept-Encoding"]
                && task.headers.map(\.pieces) == [[.text("application/octet-stream")], [.text("gzip, br")]])
    }

    @Test(arguments: [
        ("form: { a: b }, file: bodies/x.bin", "a request has one body; \"file\" is the second"),
        ("file: ../x", "file: \"../x\" leaves the experiment's folder; bodies lie in it or below"),
        ("file: none", "file: there is no file \"none\" beside the experiment"),
        ("multipart: { a: { files: x } }", "a: unknown key \"files\"; did you mean \"file\"?"),
        ("form: { a: { b: c } }", "a: expected text, found a mapping"),
        ("accept_encoding: zip", "accept_encoding: unknown \"zip\"; did you mean \"gzip\"?"),
    ])
    func faultsOfBodies(text: String, message: String) throws {
        do {
            _ = try task(text)
            Issue.record("no fault")
        } catch let faults as DefinitionFaults {
            #expect(faults.faults.map(\.message) == [message])
        }
    }
}
