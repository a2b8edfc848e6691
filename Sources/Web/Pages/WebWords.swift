import Model
package import Reporting

/// What the pages say, in one language.
package struct WebWords: Sendable {
    let language: Language
    let numbers: Numbers
    /// For charts.
    let plain: Numbers
    private let words: Words

    package init(_ words: Words, language: Language) {
        self.words = words
        self.language = language
        numbers = Numbers(language)
        plain = Numbers(language, plain: true)
    }

    /// A text by its name; the name itself where the words lack it, which a test finds.
    func callAsFunction(_ name: String, _ values: [String: String] = [:]) -> String {
        (try? words(name, values)) ?? name
    }

    func text(_ text: LocalizedText) -> String { language == .french ? text.french : text.english }

    func latency(_ value: Seconds?) -> String { value.map(numbers.latency) ?? "–" }

    /// A value of a criterion's metric, with its unit.
    func value(_ value: Double?, of metric: CriterionMetric) -> String {
        value.map { metric == .errorRate ? numbers.percent($0) : numbers.latency($0) } ?? "–"
    }

    /// For example `42 s` or `3 min 05 s`.
    func duration(_ seconds: Seconds) -> String {
        let whole = Int(max(0, min(1e9, seconds)).rounded())
        guard whole >= 60 else { return "\(whole) s" }
        let rest = whole % 60
        return "\(whole / 60) min \(rest < 10 ? "0" : "")\(rest) s"
    }
}

/// The words and files of the pages.
package struct WebTemplates: Sendable {
    private let words: [Language: WebWords]
    /// By name: `page.css`, `page.js`, and the report's style as `report.css`.
    let files: [String: String]

    /// - Parameters:
    ///   - files: contents by name, of all files in `templates/web`.
    ///   - reportStyle: that of the report's page, whose charts are drawn here too.
    /// - Throws: `Problem` that names the file that is missing or at fault.
    package init(files: [String: String], reportStyle: String) throws {
        for name in ["page.css", "page.js"] where files[name] == nil {
            throw Problem(.usage, "templates/web/\(name) is missing", nextStep: "Restore it from the repository.")
        }
        self.files = [
            "page.css": files["page.css"] ?? "", "page.js": files["page.js"] ?? "", "report.css": reportStyle,
        ]
        var words: [Language: WebWords] = [:]
        for language in Language.allCases {
            let name = "words.\(language.rawValue).txt"
            guard let text = files[name] else {
                throw Problem(.usage, "templates/web/\(name) is missing", nextStep: "Restore it from the repository.")
            }
            words[language] = WebWords(
                try Words(text: text, language: language, place: "templates/web/\(name)"), language: language)
        }
        self.words = words
    }

    package func words(of language: Language) -> WebWords {
        guard let words = words[language] else { preconditionFailure("both languages are read at the start") }
        return words
    }
}
