import Foundation
import Reporting
import Results
import Synchronization

/// Runs that most tests only read: studied once, and rendered once for each form and language.
enum Rendered {
    enum Form { case report, page, print, grading }
    private enum Source { case lab, sample, early }

    private struct Wanted: Hashable {
        var form: Form
        var language: Language
        var source: Source
    }

    /// The fabricated run of the five questions.
    static let lab = StudiedRun(Fabricated.lab())

    static let sampleFolder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../output/sample").standardizedFileURL

    /// A real run of version 0.1, whose searches had no trials, and whose bounds were seldom measured twice.
    static let earlyFolder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/early-run").standardizedFileURL

    static func early() throws -> StudiedRun { try studiedEarly.get() }

    private static let studiedEarly = Result { StudiedRun(try RunFolder(path: earlyFolder.path).readRun()) }

    static func sample() throws -> StudiedRun { try studiedSample.get() }

    private static let studiedSample = Result { StudiedRun(try RunFolder(path: sampleFolder.path).readRun()) }

    static func lab(_ form: Form, _ language: Language) throws -> String {
        try text(Wanted(form: form, language: language, source: .lab))
    }

    static func sample(_ form: Form, _ language: Language) throws -> String {
        try text(Wanted(form: form, language: language, source: .sample))
    }

    static func early(_ form: Form, _ language: Language) throws -> String {
        try text(Wanted(form: form, language: language, source: .early))
    }

    private static let texts = Mutex<[Wanted: String]>([:])

    private static func text(_ wanted: Wanted) throws -> String {
        if let text = texts.withLock({ $0[wanted] }) { return text }
        let run =
            switch wanted.source {
            case .lab: lab
            case .sample: try sample()
            case .early: try early()
            }
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
