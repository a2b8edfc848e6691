import Model
package import Reporting

/// What the pages say, in one language.
package struct WebWords: Sendable {
    let language: Language
    let numbers: Numbers
    /// For charts.
    let plain: Numbers
    private let words: Words
    private let report: Words

    /// - Parameter report: the report's words, in which it is said what is recorded and what its charts show.
    package init(_ words: Words, report: Words, language: Language) {
        self.words = words
        self.report = report
        self.language = language
        numbers = Numbers(language)
        plain = Numbers(language, plain: true)
    }

    /// A text by its name; the name itself where the words lack it, which a test finds.
    func callAsFunction(_ name: String, _ values: [String: String] = [:]) -> String {
        (try? words(name, values)) ?? name
    }

    /// A word of the report by its name.
    func ofReport(_ name: String, _ values: [String: String] = [:]) -> String {
        (try? report(name, values)) ?? name
    }

    /// What the program says of a run in English, as its report says it.
    func recorded(_ text: String) -> String { (try? report.recorded(text)) ?? text }

    func name(of kind: FailureKind) -> String { (try? report.name(of: kind)) ?? kind.rawValue }

    func text(_ text: LocalizedText) -> String {
        language.spaced((language == .french ? text.french : text.english)[...])
    }

    func latency(_ value: Seconds?) -> String { value.map(numbers.latency) ?? "–" }

    /// A value of a criterion's metric, with its unit.
    func value(_ value: Double?, of metric: CriterionMetric) -> String {
        value.map { metric.isLatency ? numbers.latency($0) : numbers.percent($0) } ?? "–"
    }

    /// For example `42 s` or `3 min 05 s`.
    func duration(_ seconds: Seconds) -> String {
        let whole = Int(max(0, min(1e9, seconds)).rounded())
        guard whole >= 60 else { return "\(whole)\u{A0}s" }
        let rest = whole % 60
        return "\(whole / 60)\u{A0}min\u{A0}\(rest < 10 ? "0" : "")\(rest)\u{A0}s"
    }
}

/// The words and files of the pages.
package struct WebTemplates: Sendable {
    private let words: [Language: WebWords]
    /// By name: `page.css`, `page.js`, `complete.js`, and the report's style as `report.css`.
    let files: [String: String]
    /// What a definition may hold.
    let schema: String

    /// - Parameters:
    ///   - files: contents by name, of all files in `templates/web`.
    ///   - report: whose style, words and charts are those of the pages too.
    ///   - schema: of definitions, as JSON.
    /// - Throws: `Problem` that names the file that is missing or at fault.
    package init(files: [String: String], report: ReportTemplates, schema: String) throws {
        self.schema = schema
        for name in ["page.css", "page.js", "complete.js"] where files[name] == nil {
            throw Problem(.usage, "templates/web/\(name) is missing", nextStep: "Restore it from the repository.")
        }
        self.files = [
            "page.css": files["page.css"] ?? "", "page.js": files["page.js"] ?? "",
            "complete.js": files["complete.js"] ?? "", "report.css": report.style ?? "",
        ]
        var words: [Language: WebWords] = [:]
        for language in Language.allCases {
            let name = "words.\(language.rawValue).txt"
            guard let text = files[name] else {
                throw Problem(.usage, "templates/web/\(name) is missing", nextStep: "Restore it from the repository.")
            }
            words[language] = WebWords(
                try Words(text: text, language: language, place: "templates/web/\(name)"),
                report: try report.words(of: language), language: language)
        }
        self.words = words
    }

    package func words(of language: Language) -> WebWords {
        guard let words = words[language] else { preconditionFailure("both languages are read at the start") }
        return words
    }
}
