/// A language of the report.
package enum Language: String, CaseIterable, Sendable {
    case english = "en"
    case french = "fr"

    /// A text in which no line begins with a mark that French sets after a space, nor ends with one that it sets before.
    func spaced(_ text: Substring) -> String {
        guard self == .french else { return String(text) }
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
