import Model
import Reporting
import Results

/// The report's files, computed from the record alone.
enum ReportFiles {
    /// - Returns: the paths written.
    static func write(for folder: RunFolder, templates: ReportTemplates) throws -> [String] {
        let run = try folder.readRun()
        return try Language.allCases.map { language in
            let name = language == .french ? "rapport.md" : "report.md"
            try folder.write(renderReport(run, language: language, templates: templates), to: name)
            return folder.file(name)
        }
    }
}
