import Model

/// A language of the report: an entry here, and a file of words, `templates/report/words.CODE.txt`.
package enum Language: String, CaseIterable, Sendable {
    case english = "en"
    case french = "fr"
    case german = "de"

    /// Those whose words are complete, in which reports are written where no other is asked for. In another, what has no words
    /// yet is said in English.
    package static let allCases: [Language] = [.english, .french]

    /// Those that can be asked for.
    package static let known = allCases + [.german]

    /// How a language writes what is not words.
    struct Habits {
        var decimalMark: String
        /// Between groups of three digits; in charts, which have a fixed width, where that differs.
        var group: String
        var groupOfCharts: String
        /// Between a number and `%`.
        var percentSpace = "\u{A0}"
        /// Before a colon, a semicolon and the like.
        var markSpace = ""
        /// 1.5 is no plural.
        var pluralFromTwo = false
        var gibibytes = "GiB"
        /// Of the report's files.
        var fileName: String
    }

    var habits: Habits {
        switch self {
        case .english:
            Habits(decimalMark: ".", group: ",", groupOfCharts: ",", percentSpace: "", fileName: "report")
        case .french:
            Habits(
                decimalMark: ",", group: "\u{202F}", groupOfCharts: " ", markSpace: "\u{A0}", pluralFromTwo: true,
                gibibytes: "Gio", fileName: "rapport")
        case .german:
            Habits(decimalMark: ",", group: ".", groupOfCharts: ".", fileName: "bericht")
        }
    }

    /// The name of the report's files, without an ending.
    package var fileName: String { habits.fileName }

    /// A text of a definition, which has two languages.
    func text(_ text: LocalizedText) -> String { self == .french ? text.french : text.english }

    /// A mark between parts of a sentence, with the spaces around it.
    func marked(_ mark: String) -> String { habits.markSpace + mark + " " }

    /// A text in which no line begins with a mark that French sets after a space, nor ends with one that it sets before.
    package func spaced(_ text: Substring) -> String {
        guard !habits.markSpace.isEmpty else { return String(text) }
        // In one pass: all words of the language are read whenever a report is written.
        var spaced = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == " ", spaced.last == "«" {
                spaced.append("\u{A0}")
                continue
            }
            if ":;?!»%".unicodeScalars.contains(scalar), spaced.last == " " {
                spaced.removeLast()
                spaced.append("\u{A0}")
            }
            spaced.append(scalar)
        }
        return String(spaced)
    }
}
