import ArgumentParser
import Foundation
import Model
import Reporting

/// A form in which a report is written.
enum ReportFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case markdown = "md"
    case html, json, csv, junit, pdf
    /// A job's summary in GitHub's Markdown.
    case github

    static let standard: [ReportFormat] = [.markdown, .html]

    /// Names separated by commas.
    /// - Throws: `ValidationError` that names those there are.
    static func list(_ text: String) throws -> [ReportFormat] {
        try text.split(separator: ",").map { part in
            let name = part.trimmingCharacters(in: .whitespaces)
            guard let format = ReportFormat(rawValue: name == "markdown" ? "md" : name) else {
                let known = allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no format \(name); the formats are \(known).")
            }
            return format
        }
    }
}
