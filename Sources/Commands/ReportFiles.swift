import Foundation
import Model
import Reporting
import Results

/// The report's files, computed from the record alone.
enum ReportFiles {
    struct Product {
        /// Relative to the run's folder.
        var name: String
        var text: String
    }

    /// In what languages and characters reports are written.
    struct Look {
        var languages = Language.allCases
        /// Of Markdown.
        var charts = ChartStyle.ascii
    }

    /// All but PDF, which a browser makes of a page. Each is written on a core of its own.
    /// - Parameter earlier: what a job's summary holds the limits against; nil for nothing.
    static func products(
        of run: StudiedRun, _ formats: [ReportFormat] = ReportFormat.standard, _ look: Look = Look(),
        templates: ReportTemplates, against earlier: RecordedRun? = nil
    ) async throws -> [Product] {
        let wanted = formats.flatMap { format -> [(ReportFormat, Language)] in
            switch format {
            case .markdown, .html, .github: look.languages.map { (format, $0) }
            case .json, .csv, .junit: [(format, .english)]
            case .pdf: []
            }
        }
        return try await withThrowingTaskGroup(of: (Int, Product).self) { group in
            for (index, (format, language)) in wanted.enumerated() {
                group.addTask {
                    (index, try product(of: run, format, language, look.charts, templates, against: earlier))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func product(
        of run: StudiedRun, _ format: ReportFormat, _ language: Language, _ charts: ChartStyle,
        _ templates: ReportTemplates, against earlier: RecordedRun?
    ) throws -> Product {
        switch format {
        case .markdown:
            Product(
                name: name(language, "md"),
                text: try renderReport(run, language: language, templates: templates, charts: charts))
        case .html, .pdf:
            Product(
                name: name(language, "html"), text: try renderPage(run, language: language, templates: templates))
        case .json: Product(name: "report.json", text: try json(ReportData(run)))
        case .github:
            Product(
                name: name(language, "github.md"),
                text: try JobSummary.render(run, against: earlier, language: language, templates: templates))
        case .csv: Product(name: "report.csv", text: ReportData(run).csv)
        case .junit: Product(name: "report.junit.xml", text: ReportData(run).junit)
        }
    }

    private static func name(_ language: Language, _ ending: String) -> String {
        language.fileName + "." + ending
    }

    static func json(_ data: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(data), as: UTF8.self) + "\n"
    }

    /// - Returns: the paths written.
    static func write(
        for folder: RunFolder, _ formats: [ReportFormat] = ReportFormat.standard, _ look: Look = Look(),
        templates: ReportTemplates, against earlier: RecordedRun? = nil
    ) async throws -> [String] {
        let run = StudiedRun(try folder.readRun())
        var paths = try await products(of: run, formats, look, templates: templates, against: earlier).map { product in
            try folder.write(product.text, to: product.name)
            return folder.file(product.name)
        }
        if formats.contains(.pdf) {
            let browser = try Browser.find(elsePrint: "report.html (--format html writes it)")
            for language in look.languages {
                let pdf = try await browser.pdf { pages in
                    try renderPrint(run, language: language, templates: templates, pages: pages)
                }
                try folder.write(pdf, to: name(language, "pdf"))
                paths.append(folder.file(name(language, "pdf")))
            }
        }
        return paths
    }
}
