/// A language of the report.
package enum Language: String, CaseIterable, Sendable {
    case english = "en"
    case french = "fr"
}
