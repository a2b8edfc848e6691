import Foundation
import Reporting
import Results
import Synchronization

/// Runs that most tests only read: studied once, and rendered once for each form and language.
enum Rendered {
    enum Form { case report, page, print, grading }

    private struct Wanted: Hashable {
        var form: Form
        var language: Language
        var isSample: Bool
    }

    /// The fabricated run of the five questions.
    static let lab = StudiedRun(Fabricated.lab())

    static let sampleFolder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../output/sample").standardizedFileURL

    static func sample() throws -> StudiedRun { try studiedSample.get() }

    private static let studiedSample = Result { StudiedRun(try RunFolder(path: sampleFolder.path).readRun()) }

    static func lab(_ form: Form, _ language: Language) throws -> String {
        try text(Wanted(form: form, language: language, isSample: false))
    }

    static func sample(_ form: Form, _ language: Language) throws -> String {
        try text(Wanted(form: form, language: language, isSample: true))
    }

    private static let texts = Mutex<[Wanted: String]>([:])

    private static func text(_ wanted: Wanted) throws -> String {
        if let text = texts.withLock({ $0[wanted] }) { return text }
        let run = try wanted.isSample ? sample() : lab
        let templates = try repositoryTemplates()
        let text =
            switch wanted.form {
            case .report: try renderReport(run, language: wanted.language, templates: templates)
            case .page: try renderPage(run, language: wanted.language, templates: templates)
            case .print: try renderPrint(run, language: wanted.language, templates: templates)
            case .grading:
                try renderGrading(run, report: "report.md", language: wanted.language, templates: templates)
            }
        texts.withLock { $0[wanted] = text }
        return text
    }
}
