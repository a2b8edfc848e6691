package import Model

/// A step of an image's build that failed: what its own tool said, not only that it failed.
package struct FailedBuild: Sendable, Equatable {
    /// The step, for example `RUN pip install -r requirements.txt`; empty where it is not named.
    package var step: String
    /// The tool's lines that tell of errors, or else its last ones.
    package var lines: [String]

    private static let most = 6
    private static let signs = [
        "error", "fatal", "failed", "cannot", "could not", "couldn't", "unable", "not found", "no such", "no matching",
        "denied", "unknown", "invalid", "undefined", "exception",
    ]
    /// What the builder itself says around it.
    private static let ofBuilder = ["did not complete successfully", "returned a non-zero code", "failed to solve"]

    /// - Parameters:
    ///   - output: of `docker compose up`; the older builder writes there what the step's tool says.
    ///   - errors: the same, of the newer one (BuildKit).
    /// - Returns: nil when no step of a build failed.
    package init?(output: String, errors: String) {
        let all = (output + "\n" + errors).split(whereSeparator: \.isNewline).map(String.init)
        guard let end = all.last(where: { line in Self.ofBuilder.prefix(2).contains(where: line.contains) }) else {
            return nil
        }
        step = Self.step(in: end)
        let tool = all.map(Self.withoutMarks).filter { line in
            !line.isEmpty && !line.hasPrefix("---") && !line.hasPrefix(">") && !line.hasPrefix("DEPRECATED")
                && !Self.ofBuilder.contains(where: line.contains)
        }
        let telling = tool.filter { line in Self.signs.contains(where: line.lowercased().contains) }
        let chosen = telling.isEmpty ? Array(tool.suffix(Self.most)) : telling
        // BuildKit says the failed step's lines again at the end.
        lines = Array(chosen.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }.suffix(Self.most))
    }

    package var problem: Problem {
        let said = lines.map { "  | " + $0.prefix(300) }.joined(separator: "\n")
        return Problem(
            .measurement,
            "an image of the project cannot be built\(step.isEmpty ? "" : ": \(step)")"
                + (said.isEmpty ? "" : "\n\(said)"),
            nextStep: "See all of it with docker compose build.")
    }

    /// `#8 [web 3/4] …` and `#8 0.345 …` of BuildKit: the number of the step, and the seconds since it began.
    private static func withoutMarks(_ line: String) -> String {
        var words = line.split(separator: " ", omittingEmptySubsequences: true)[...]
        if let first = words.first, first.hasPrefix("#"), first.dropFirst().allSatisfy(\.isNumber) {
            words.removeFirst()
        }
        if let first = words.first, first.contains("."), Double(first) != nil { words.removeFirst() }
        return words.joined(separator: " ")
    }

    /// `process "/bin/sh -c pip install" did not complete`, or `The command '/bin/sh -c pip install' returned`.
    private static func step(in line: String) -> String {
        for quote in ["\"", "'"] {
            guard let open = line.firstRange(of: quote + "/bin/sh -c "),
                let close = line[open.upperBound...].firstRange(of: quote)
            else { continue }
            return "RUN " + line[open.upperBound..<close.lowerBound]
        }
        return ""
    }
}
