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

    /// All but PDF, which a browser makes of a page. Each language is written on a core of its own, and then each form of it.
    /// - Parameter earlier: what a job's summary holds the limits against; nil for nothing.
    static func products(
        of run: StudiedRun, _ formats: [ReportFormat] = ReportFormat.standard, _ look: Look = Look(),
        templates: ReportTemplates, against earlier: RecordedRun? = nil
    ) async throws -> [Product] {
        try await withThrowingTaskGroup(of: [Product].self) { group in
            let drawn = formats.filter { [.markdown, .html].contains($0) }
            for language in drawn.isEmpty ? [] : look.languages {
                group.addTask {
                    let draft = try ReportDraft(run, language: language, templates: templates)
                    return try await products(of: draft, drawn, look.charts)
                }
            }
            if formats.contains(.github) {
                for language in look.languages {
                    group.addTask {
                        let text = try JobSummary.render(
                            run, against: earlier, language: language, templates: templates)
                        return [Product(name: name(language, .github), text: text)]
                    }
                }
            }
            for format in formats {
                group.addTask {
                    try data(of: run, format).map { [Product(name: name(.english, format), text: $0)] } ?? []
                }
            }
            var written: [String: Product] = [:]
            for try await some in group {
                for product in some { written[product.name] = product }
            }
            // In the order in which they were asked for.
            return formats.flatMap { format in
                Language.known.compactMap { written.removeValue(forKey: name($0, format)) }
            }
        }
    }

    private static func products(
        of draft: ReportDraft, _ formats: [ReportFormat], _ charts: ChartStyle
    ) async throws -> [Product] {
        try await withThrowingTaskGroup(of: Product.self) { group in
            for format in formats {
                group.addTask {
                    let text = format == .html ? try draft.page() : try draft.markdown(charts: charts)
                    return Product(name: name(draft.language, format), text: text)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Of the formats that have no language.
    private static func data(of run: StudiedRun, _ format: ReportFormat) throws -> String? {
        switch format {
        case .json: try json(ReportData(run))
        case .csv: ReportData(run).csv
        case .junit: ReportData(run).junit
        case .markdown, .html, .github, .pdf: nil
        }
    }

    private static func name(_ language: Language, _ format: ReportFormat) -> String {
        switch format {
        case .markdown: name(language, "md")
        case .html: name(language, "html")
        case .github: name(language, "github.md")
        case .pdf: name(language, "pdf")
        case .json: "report.json"
        case .csv: "report.csv"
        case .junit: "report.junit.xml"
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
        try await write(StudiedRun(folder.readRun()), to: folder, formats, look, templates: templates, against: earlier)
    }

    /// - Returns: the paths written.
    static func write(
        _ run: StudiedRun, to folder: RunFolder, _ formats: [ReportFormat], _ look: Look = Look(),
        templates: ReportTemplates, against earlier: RecordedRun? = nil
    ) async throws -> [String] {
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
                try folder.write(pdf, to: name(language, .pdf))
                paths.append(folder.file(name(language, .pdf)))
            }
        }
        return paths
    }
}
