import Foundation
import Model
import Mustache

/// The configuration templates in `templates/stack/`.
package struct StackTemplates: Sendable {
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// Renders `NAME.mustache` with the values given.
    /// - Throws: `Problem` that names the file and what is wrong with it.
    package func render(_ name: String, _ values: [String: any Sendable]) throws -> String {
        let file = "\(folder)/\(name).mustache"
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Problem(.usage, "cannot read \(file)", nextStep: "Run ./storelab from a complete checkout.")
        }
        do {
            // Configuration is not HTML: nothing in it is to be escaped.
            return try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + String(decoding: data, as: UTF8.self))
                .render(values)
        } catch {
            throw Problem(.usage, "\(file): \(error)")
        }
    }

    /// A file that is used as it stands.
    func text(of name: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
            throw Problem(.usage, "cannot read \(folder)/\(name)", nextStep: "Run ./storelab from a complete checkout.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    package var schema: String { "\(folder)/schema.sql" }
}
