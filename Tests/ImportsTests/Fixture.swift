import Experiments
import Foundation
import Imports
import LoadGenerator
import Model
import TestSupport

/// A source in the shape that a real tool exports, and what a run of it and a replay by curl send.
struct Fixture {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path

    let name: String

    var path: String { "\(Self.folder)/\(name)" }

    func bytes(host: String = "HOST") throws -> [UInt8] {
        let bytes = try Data(contentsOf: URL(filePath: path))
        return name.hasSuffix(".sh")
            ? Array(String(decoding: bytes, as: UTF8.self).replacing("HOST", with: host).utf8) : Array(bytes)
    }

    static func file(_ name: String) -> [UInt8]? {
        let last = (name as NSString).lastPathComponent
        return FileManager.default.contents(atPath: "\(folder)/\(last)").map { Array($0) }
    }

    func imported(_ change: (inout ImportSettings) -> Void = { _ in }, host: String = "HOST") throws -> Imported {
        var settings = ImportSettings(name: "imported", source: name, savesFiles: true, file: Self.file)
        change(&settings)
        return try importedExperiment(from: bytes(host: host), settings)
    }

    /// Writes the experiment into a folder of its own and reads it as `validate` does, with values for its variables.
    static func experiment(of imported: Imported, in folder: URL) throws -> Experiment {
        var text = imported.text
        for (name, value) in imported.variables {
            let known = value.isEmpty ? "value-of-\(name)" : value
            text = text.replacing(
                "${env(\(name))}", with: known.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))
        }
        for file in imported.files {
            let place = folder.appending(path: file.path)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.bytes).write(to: place)
        }
        return try Experiments.experiment(in: text, asFile: folder.appending(path: "imported.yaml").path)
    }

    static func inFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "storelab-imports-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    /// One user does each task once.
    /// - Returns: what failed.
    static func run(_ experiment: Experiment, port: Int) async throws -> [String] {
        let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: experiment.load)
        let failures = await generator.preflight().compactMap { result in
            result.failure.map { "\(result.task): \($0.detail)" }
        }
        _ = await generator.stop()
        return failures
    }

    /// Runs a script of curl commands beside the fixtures' files.
    static func bash(_ script: String, in folder: URL) async throws {
        for name in ["example.bin", "lines.txt"] {
            try? Data(file(name) ?? []).write(to: folder.appending(path: name))
        }
        let place = folder.appending(path: "replay.sh")
        try Data(script.utf8).write(to: place)
        try await onThread {
            let shell = Process()
            shell.executableURL = URL(filePath: "/bin/bash")
            shell.arguments = [place.path]
            shell.currentDirectoryURL = folder
            // Elsewhere `\u20ac` in a command is no character.
            shell.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }
            shell.standardOutput = FileHandle.nullDevice
            shell.standardError = FileHandle.nullDevice
            try shell.run()
            shell.waitUntilExit()
        }
    }
}

/// What a request is, however it was sent.
struct Sent: Equatable, CustomStringConvertible {
    var line: String
    var body: String

    /// The text between the parts of a form is each tool's own.
    init(_ request: RecordingServer.Request) {
        line = "\(request.method) \(request.target)"
        var text = String(decoding: request.body, as: UTF8.self)
        if let type = request.headers["content-type"], let match = type.firstMatch(of: /boundary=(\S+)/) {
            text = text.replacing(match.output.1, with: "BOUNDARY")
        }
        body = text
    }

    var description: String { body.isEmpty ? line : "\(line) \(body.debugDescription)" }
}

/// The requests and answers of a recording, read without the program under test.
struct Recording {
    struct Entry: Sendable {
        var number: Int
        var method: String
        var target: String
        var type: String?
        var body: [UInt8]?
        var answer: RecordingServer.Answer
    }

    let entries: [Entry]

    init(_ fixture: Fixture) throws {
        let root = try JSONSerialization.jsonObject(with: Data(fixture.bytes())) as? [String: Any]
        let list = (root?["log"] as? [String: Any])?["entries"] as? [[String: Any]] ?? []
        entries = list.enumerated().map { offset, entry in
            let request = entry["request"] as? [String: Any] ?? [:]
            let response = entry["response"] as? [String: Any] ?? [:]
            let url = (request["url"] as? String ?? "").split(separator: "/", maxSplits: 3)
            let posted = request["postData"] as? [String: Any]
            let text = posted?["text"] as? String
            let content = response["content"] as? [String: Any] ?? [:]
            var answer = RecordingServer.Answer()
            answer.status = response["status"] as? Int ?? 200
            if answer.status == 304 { answer.status = 200 }
            answer.headers = (response["headers"] as? [[String: Any]] ?? []).map {
                ($0["name"] as? String ?? "", $0["value"] as? String ?? "")
            }.filter { $0.0 != "date" }
            answer.body = content["text"] as? String ?? ""
            if content["encoding"] as? String == "base64" {
                answer.body = String(decoding: Data(base64Encoded: answer.body) ?? Data(), as: UTF8.self)
            }
            let isCoded = posted?["encoding"] != nil
            return Entry(
                number: offset + 1, method: request["method"] as? String ?? "",
                target: "/" + (url.count > 2 ? url.dropFirst(2).joined(separator: "/") : ""),
                type: (request["headers"] as? [[String: Any]] ?? []).first {
                    ($0["name"] as? String)?.lowercased() == "content-type"
                }?["value"] as? String,
                body: text.map { Array(isCoded ? Data(base64Encoded: $0) ?? Data() : Data($0.utf8)) }, answer: answer)
        }
    }

    func answer(_ request: RecordingServer.Request) -> RecordingServer.Answer {
        entries.first { $0.method == request.method && $0.target == request.target }?.answer
            ?? RecordingServer.Answer(status: 404)
    }

    /// As a script of curl, of the entries that were not left out.
    func script(without leftOut: [LeftOut], host: String, in folder: URL) throws -> String {
        var lines: [String] = []
        for entry in entries where !leftOut.contains(where: { $0.request.contains("(entry \(entry.number))") }) {
            var line = "curl -s -g --path-as-is -X \(entry.method) 'http://\(host)\(entry.target)'"
            if let body = entry.body {
                let name = "body-\(entry.number)"
                try Data(body).write(to: folder.appending(path: name))
                line += " -H 'Content-Type: \(entry.type ?? "")' --data-binary @\(name)"
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }
}
