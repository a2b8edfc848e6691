import Foundation
import Subprocess
import SystemPackage

struct BenchmarkFailure: Error, CustomStringConvertible {
    var description: String
}

/// Runs a program to its end and gives what it printed.
func output(of program: String, _ arguments: [String]) async throws -> String {
    let result = try await Subprocess.run(
        program.contains("/") ? .path(FilePath(program)) : .name(program), arguments: Arguments(arguments),
        output: .string(limit: 1 << 20), error: .string(limit: 1 << 20)
    )
    guard result.terminationStatus.isSuccess else {
        throw BenchmarkFailure(
            description: "\(program) failed: \(result.standardOutput.suffix(500))\(result.standardError.suffix(500))")
    }
    return result.standardOutput
}

/// wrk: requests over kept connections on one thread.
struct Wrk: Sendable {
    var connections: Int
    var seconds: Int
    /// A Lua script that makes the requests; nil for a plain GET.
    var script: String?

    /// Requests per second.
    /// - Throws: where an answer was no success or a connection broke: a rate of failures is none.
    func rate(_ url: String) async throws -> Double {
        let text = try await output(
            of: "wrk", ["-t1", "-c\(connections)", "-d\(seconds)s"] + (script.map { ["-s", $0] } ?? []) + [url])
        if let trouble = text.split(separator: "\n").first(where: {
            $0.contains("Non-2xx") || $0.contains("Socket errors")
        }) {
            throw BenchmarkFailure(description: "\(url): \(trouble.trimmingCharacters(in: .whitespaces))")
        }
        guard let rate = text.number(after: "Requests/sec:") else {
            throw BenchmarkFailure(description: "wrk gave no rate: \(text)")
        }
        return rate
    }
}

/// mariadb-slap: statements over connections that each wait for an answer before they send the next.
struct Slap: Sendable {
    var port: Int
    var connections: Int
    /// Run once on each connection before anything is timed.
    var prelude: String?
    /// In order; together they are one unit of work.
    var statements: [String]

    /// Units of work per second, over about the time asked for.
    func rate(seconds: Int) async throws -> Double {
        // Long enough to tell how many make up the time asked for.
        let probe = try await time(units: 200)
        let units = max(200, Int(Double(seconds) * 200 / probe))
        return Double(units) / (try await time(units: units))
    }

    private func time(units: Int) async throws -> Double {
        let perConnection = max(1, units / connections)
        let text = try await output(
            of: "mariadb-slap",
            [
                "--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--port=\(port)", "--user=root",
                "--create-schema=storelab", "--no-drop", "--concurrency=\(connections)", "--iterations=1",
                "--number-of-queries=\(perConnection * connections * statements.count)", "--delimiter=;",
                "--query=\(statements.joined(separator: ";"))",
            ] + (prelude.map { ["--init-command=\($0)"] } ?? []))
        guard let seconds = text.number(after: "Average number of seconds to run all queries:"), seconds > 0 else {
            throw BenchmarkFailure(description: "mariadb-slap gave no time: \(text)")
        }
        return seconds * Double(units) / Double(perConnection * connections)
    }
}

extension String {
    fileprivate func number(after label: String) -> Double? {
        range(of: label).flatMap { label in
            self[label.upperBound...].split(whereSeparator: \.isWhitespace).first.flatMap { Double($0) }
        }
    }
}
