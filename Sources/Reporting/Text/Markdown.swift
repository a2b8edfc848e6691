/// Text of others (error messages, answers, file contents) made safe for use in Markdown.
package enum Markdown {
    /// One line without Markdown's or HTML's own signs, for running text and table cells.
    static func inline(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case _ where character.isNewline || character == "\t": result.append(" ")
            case "\\", "`", "*", "_", "[", "]", "|", "#": result += "\\\(character)"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            default: result.append(character)
            }
        }
        return result
    }

    /// The name by which forges and our page link to a heading: lower case, no punctuation, hyphens for blanks.
    package static func anchor(of heading: String) -> String {
        var anchor = ""
        for scalar in heading.lowercased().unicodeScalars {
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-" || scalar == "_"
            {
                anchor.unicodeScalars.append(scalar)
            } else if scalar == " " {
                anchor.append("-")
            }
        }
        return anchor
    }

    /// A code span that holds any text, as one line.
    static func code(_ text: String) -> String {
        let line = String(text.map { $0.isNewline ? " " : $0 })
        let marks = String(repeating: "`", count: longestRun(of: "`", in: line) + 1)
        return line.contains("`") ? "\(marks) \(line) \(marks)" : "\(marks)\(line)\(marks)"
    }

    /// Finished Markdown that may hold code spans, as a table's cell: there a bar needs a backslash in code too.
    static func cell(_ text: String) -> String {
        var result = ""
        for character in text {
            if character == "|", result.last != "\\" { result.append("\\") }
            result.append(character)
        }
        return result
    }

    /// A fenced block whose fence the text cannot close.
    /// - Parameter language: for highlighting, for example `nginx`.
    static func fenced(_ text: String, language: String = "text") -> String {
        let fence = String(repeating: "`", count: max(3, longestRun(of: "`", in: text) + 1))
        return "\(fence)\(language)\n\(text.hasSuffix("\n") ? String(text.dropLast()) : text)\n\(fence)"
    }

    /// The beginning of a text, in at most this many characters and lines; control characters become `·`.
    static func beginning(of text: String, characters: Int = 400, lines: Int = 10) -> String {
        var result = ""
        var (count, line) = (0, 1)
        for character in text {
            if character.isNewline { line += 1 }
            if count >= characters || line > lines { return result + " …" }
            if character.isNewline {
                result.append("\n")
            } else if character.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                result.append(character == "\t" ? " " : "·")
            } else {
                result.append(character)
            }
            count += 1
        }
        return result
    }

    private static func longestRun(of sign: Character, in text: String) -> Int {
        var (longest, run) = (0, 0)
        for character in text {
            run = character == sign ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
