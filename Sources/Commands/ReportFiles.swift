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

    /// All but PDF, which a browser makes of a page.
    static func products(
        of run: RecordedRun, _ formats: [ReportFormat] = ReportFormat.standard, templates: ReportTemplates
    ) throws -> [Product] {
        let run = StudiedRun(run)
        return try formats.flatMap { format -> [Product] in
            switch format {
            case .markdown:
                try Language.allCases.map {
                    Product(name: name($0, "md"), text: try renderReport(run, language: $0, templates: templates))
                }
            case .html:
                try Language.allCases.map {
                    Product(name: name($0, "html"), text: try renderPage(run, language: $0, templates: templates))
                }
            case .json: [Product(name: "report.json", text: try json(ReportData(run)))]
            case .csv: [Product(name: "report.csv", text: ReportData(run).csv)]
            case .junit: [Product(name: "report.junit.xml", text: ReportData(run).junit)]
            case .pdf: []
            }
        }
    }

    private static func name(_ language: Language, _ ending: String) -> String {
        (language == .french ? "rapport." : "report.") + ending
    }

    private static func json(_ data: ReportData) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(data), as: UTF8.self) + "\n"
    }

    /// - Returns: the paths written.
    static func write(
        for folder: RunFolder, _ formats: [ReportFormat] = ReportFormat.standard, templates: ReportTemplates
    ) async throws -> [String] {
        let run = try folder.readRun()
        var paths = try products(of: run, formats, templates: templates).map { product in
            try folder.write(product.text, to: product.name)
            return folder.file(product.name)
        }
        if formats.contains(.pdf) {
            let browser = try Browser.find()
            for language in Language.allCases {
                let page = try renderPage(StudiedRun(run), language: language, templates: templates)
                let path = folder.file(name(language, "pdf"))
                try await browser.print(page, to: path)
                paths.append(path)
            }
        }
        return paths
    }
}
