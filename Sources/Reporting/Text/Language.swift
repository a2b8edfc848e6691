/// A language of the report.
package enum Language: String, CaseIterable, Sendable {
    case english = "en"
    case french = "fr"

    /// A text in which no line begins with a mark that French sets after a space, nor ends with one that it sets before.
    func spaced(_ text: Substring) -> String {
        guard self == .french else { return String(text) }
        return [":", ";", "?", "!", "»", "%"].reduce(text.replacing("« ", with: "«\u{A0}")) { text, mark in
            text.replacing(" " + mark, with: "\u{A0}" + mark)
        }.description
    }
}
