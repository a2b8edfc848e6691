import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// A third language, whose words are not complete.
@Suite(.timed) struct LanguageTests {
    private let files: [String: String]

    init() throws { files = try repositoryTemplateFiles() }

    private func names(_ language: Language) -> Set<Substring> {
        Set(
            (files["words.\(language.rawValue).txt"] ?? "").split(separator: "\n").filter { !$0.hasPrefix("#") }
                .compactMap { $0.split(separator: " ").first })
    }

    @Test func theAnswersAreGermanAndTheRestIsEnglish() throws {
        let run = Rendered.lab
        let templates = try repositoryTemplates()
        let german = try renderReport(run, language: .german, templates: templates)
        let english = try Rendered.lab(.report, .english)
        #expect(german.contains("\n**Die Anwendung antwortet bei 116 Nutzern richtig (Median "))
        #expect(
            german.contains("p95 > 500ms for 5s")
                && german.contains("Besser als `mysql-limit`: das 2,02-Fache der Nutzer"))
        #expect(german.contains("\n## Frage 5. ") && german.contains("\n## Antworten\n"))
        // What has no words there is as in English, number for number but for their form.
        #expect(german.contains("<summary>How the numbers were made</summary>"))
        for part in ["\n## ", "<details", "```text", "\n| "] {
            #expect(
                german.components(separatedBy: part).count == english.components(separatedBy: part).count, "\(part)")
        }
        #expect(!german.contains("{{"))
        let page = try renderPage(run, language: .german, templates: templates)
        #expect(page.contains("<html lang=\"de\">") && page.contains("Die Anwendung antwortet bei 116 Nutzern"))
    }

    @Test func theReportSaysHowMuchOfItIsInItsLanguage() throws {
        let run = Rendered.lab
        let templates = try repositoryTemplates()
        let (own, all) = (names(.german).count, names(.english).count)
        #expect(names(.german).isSubset(of: names(.english)) && own > 50)
        let german = try renderReport(run, language: .german, templates: templates)
        let whole = Numbers(.german).integer(all)
        #expect(german.contains("\n\(own) von \(whole) Texten, aus denen Berichte bestehen, sind deutsch"))
        for language in Language.allCases {
            let text = try Rendered.lab(.report, language)
            #expect(!text.contains(" texts that reports are made of") && !text.contains("dont les rapports sont faits"))
        }
    }

    /// Neither is there a report in it, nor do the others need it.
    @Test func aLanguageWithoutItsFileIsMissedByNobodyButWhoAsksForIt() throws {
        var files = files
        files["words.de.txt"] = nil
        let templates = try ReportTemplates(files: files)
        let run = Rendered.lab
        #expect(try renderReport(run, language: .french, templates: templates).contains("## Réponses"))
        #expect(throws: Problem.self) { _ = try renderReport(run, language: .german, templates: templates) }
    }

    @Test func numbersHaveTheirForm() {
        #expect(Numbers(.german).decimal(12_345.678, digits: 2) == "12.345,68")
        #expect(Numbers(.german).percent(0.125) == "12,5\u{A0}%")
        #expect(Numbers(.german, plain: true).percent(0.125) == "12,5 %")
        #expect(Language.german.fileName == "bericht")
    }
}
