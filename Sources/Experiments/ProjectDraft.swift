package import Model

/// An experiment on somebody's Compose project, as it can be written without asking.
package struct ProjectDraft: Sendable, Equatable {
    /// Of the experiment.
    package var name: String
    /// Its file is as the experiment's file names it: relative to the experiment's folder, or absolute.
    package var project: OwnProject
    package var requests: [DraftRequest]
    /// Whole sentences that stand at the head of the file.
    package var remarks: [String]

    package init(name: String, project: OwnProject, requests: [DraftRequest], remarks: [String]) {
        self.name = name
        self.project = project
        self.requests = requests
        self.remarks = remarks
    }

    /// The file's text.
    /// - Throws: `Problem` of usage when the name could not name an experiment.
    package func text() throws -> String {
        guard name.isName() else {
            throw Problem(
                .usage, "\"\(name.shortened)\" is not a name for an experiment",
                nextStep: "Write at most 60 letters, digits and dashes, a letter or digit first.")
        }
        let search =
            project.restore == nil ? "" : "\n  restore: volumes                # between the steps of the search"
        return """
            # yaml-language-server: $schema=../templates/experiment.schema.json
            #
            # Made from \(project.file.filter { !$0.isNewline }). What was guessed, and is yours to change:
            #
            \(remarks.map(Self.comment).joined(separator: "\n"))
            #
            # `storelab validate` checks this file. Every key is explained in templates/experiment.yaml.

            name: \(Self.quoted(name))
            title: \(Self.quoted("From how many users does \(project.service) stop answering correctly?"))

            stack:
              compose_file: \(Self.quoted(project.file))
              service: \(Self.quoted(project.service))
              port: \(project.port)                        # that the service listens at in its container
              ready: \(Self.quoted(project.readyPath))                      # answers with a status below 500 once the service is ready\(search)

            load:
              tasks:                            # each request is one of these, drawn by weight
            \(requests.map(Self.task).joined(separator: "\n"))
              think_time: 1s..3s                # a user's pause between an answer and its next request
              find_limit:                       # raise the users until a criterion below is met, then close in on where
                from: 5
                to: 5000
                hold: 10s
                precision: 20%

            limits:                             # what must not be: here more than 1 % of errors, or a p95 above half a second
              - error_rate > 1% for 5s
              - p95 > 500ms for 5s

            """
    }

    private static func task(_ request: DraftRequest) -> String {
        """
            - name: \(quoted(request.name))
              weight: 1
              get: \(quoted(request.path))
              expect: { status: 2xx }
        """
    }

    /// In double quotes, in which JSON and YAML agree, so that no value is taken for a number or for yes and no.
    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case _ where scalar.value < 32 || scalar.value == 127:
                "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
                    + String(scalar.value, radix: 16)
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }

    /// Lines of at most 118 characters.
    private static func comment(_ sentence: String) -> String {
        var lines = ["# -"]
        for word in sentence.split(whereSeparator: \.isWhitespace) {
            if lines[lines.count - 1].count + word.count + 1 > 118 { lines.append("#  ") }
            lines[lines.count - 1] += " \(word)"
        }
        return lines.joined(separator: "\n")
    }
}

/// A request that reads.
package struct DraftRequest: Sendable, Equatable {
    package var name: String
    package var path: String

    package init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    /// Named after their paths; each path once, and at most twenty.
    package static func reading(_ paths: [String]) -> [DraftRequest] {
        var requests: [DraftRequest] = []
        for path in paths where !requests.contains(where: { $0.path == path }) && requests.count < 20 {
            let words = path.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
            let base = words.isEmpty ? "home" : String(words.prefix(50))
            let taken = Set(requests.map(\.name))
            let name = (1...).lazy.map { $0 == 1 ? base : "\(base)-\($0)" }.first { !taken.contains($0) }
            requests.append(DraftRequest(name: name ?? base, path: path))
        }
        return requests
    }
}
