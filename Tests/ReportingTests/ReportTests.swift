import Foundation
import Model
import Reporting
import Testing

/// The repository's own templates.
func repositoryTemplates() throws -> ReportTemplates {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../templates/report")
    var files: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        files[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
    return try ReportTemplates(files: files)
}

@Suite struct ReportTests {
    @Test(arguments: Language.allCases) func theLabHasItsSectionsInOrder(language: Language) throws {
        let text = try renderReport(Fabricated.lab(), language: language, templates: repositoryTemplates())
        if let path = ProcessInfo.processInfo.environment["STORELAB_SHOW_REPORT"] {
            try text.write(toFile: "\(path).\(language.rawValue).md", atomically: true, encoding: .utf8)
        }
        #expect(text.contains("mysql-100"))
    }
}
