import Foundation

/// What the program writes into records in English: the messages of its problems, their next steps, and notes, as its sources
/// hold them, each placeholder filled.
enum RecordedEnglish {
    /// What is said before anything is recorded, or when a run's leftovers are removed.
    private static let unrecorded = [
        "HeldStack.swift", "StoreImage.swift", "DockerEngine.swift", "ComposeTool.swift", "Docker.swift",
        "Workspace.swift",
        "ComposeLeftovers.swift", "Leftovers.swift", "StackImage.swift", "ComposeStack.swift",
        "SwarmCluster.swift", "SwarmLayout.swift", "SwarmLeftovers.swift", "SwarmStack.swift",
        "ProjectGuess.swift", "ProjectReader.swift",
    ]

    static func all() throws -> [String] {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources").standardized
        var found: [String] = []
        for room in ["Stacks", "Orchestrator"] {
            let files = FileManager.default.enumerator(
                at: sources.appending(path: room), includingPropertiesForKeys: nil)
            for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
                if unrecorded.contains(file.lastPathComponent) { continue }
                found += texts(in: try String(contentsOf: file, encoding: .utf8))
            }
        }
        return found
    }

    private static func texts(in source: String) -> [String] {
        var scanner = LiteralScanner(source)
        return scanner.literals().compactMap { literal in
            let before = literal.before
            let isMessage = before.firstMatch(of: /Problem\(\s*\.\w+,\s*$/) != nil
            let isStep = before.hasSuffix("nextStep:")
            let isNote =
                literal.text.first?.isUppercase == true && literal.text.hasSuffix(".") && isSentence(literal.text)
            if before.hasSuffix("meaning:") { return literal.text + " (docker compose up):" }
            return (isMessage || isStep || isNote) && isSentence(literal.text) ? literal.text : nil
        }
    }

    private static func isSentence(_ text: String) -> Bool {
        text.split(separator: " ").count { $0.contains(where: \.isLetter) && $0 != "7" } >= 3
    }
}

/// Finds the string literals of a Swift source; those that are added to each other are one.
private struct LiteralScanner {
    struct Literal {
        var text: String
        /// The source before it, without the blanks between.
        var before: String
    }

    private let characters: [Character]
    private var place = 0

    init(_ source: String) { characters = Array(source) }

    mutating func literals() -> [Literal] {
        var found: [Literal] = []
        while place < characters.count {
            if starts("//") {
                skipLine()
            } else if starts("\"\"\"") {
                place += 3
                while place < characters.count, !starts("\"\"\"") { place += 1 }
                place += 3
            } else if characters[place] == "\"" {
                let before = String(characters[max(0, place - 80)..<place]).trimmedEnd
                var text = literal()
                while let next = placeOfAddedLiteral() {
                    place = next
                    text += literal()
                }
                found.append(Literal(text: text, before: before))
            } else {
                place += 1
            }
        }
        return found
    }

    private func starts(_ text: String) -> Bool {
        place + text.count <= characters.count && String(characters[place..<place + text.count]) == text
    }

    private mutating func skipLine() { while place < characters.count, characters[place] != "\n" { place += 1 } }

    private func placeOfAddedLiteral() -> Int? {
        var next = place
        func skipBlanks() { while next < characters.count, characters[next].isWhitespace { next += 1 } }
        skipBlanks()
        guard next < characters.count, characters[next] == "+" else { return nil }
        next += 1
        skipBlanks()
        return next < characters.count && characters[next] == "\"" ? next : nil
    }

    /// From its first quotation mark to after its last.
    private mutating func literal() -> String {
        var text = ""
        place += 1
        while place < characters.count, characters[place] != "\"" {
            guard characters[place] == "\\" else {
                text.append(characters[place])
                place += 1
                continue
            }
            place += 1
            if characters[place] == "(" {
                text += value(of: interpolation())
            } else {
                text.append(characters[place] == "n" ? "\n" : characters[place])
                place += 1
            }
        }
        place += 1
        return text
    }

    private mutating func interpolation() -> String {
        let began = place
        var depth = 0
        repeat {
            if characters[place] == "(" { depth += 1 }
            if characters[place] == ")" { depth -= 1 }
            place += 1
        } while depth > 0 && place < characters.count
        return String(characters[began..<place])
    }

    private func value(of expression: String) -> String {
        ["ithin", "limit", "timeToEnd"].contains(where: expression.contains) ? "7.0 seconds" : "7"
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
