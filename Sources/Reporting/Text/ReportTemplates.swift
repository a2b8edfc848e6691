import Model
import Mustache

/// The layout and the words of the report, parsed.
///
/// `*.mustache` files are the layout, in Markdown. `words.en.txt`, `words.fr.txt` and so on hold the words: a line `name = text`
/// each, where the text may hold `{{placeholders}}`; lines that begin with `#` are comments.
package struct ReportTemplates: Sendable {
    let library: MustacheLibrary
    private let words: [Language: Words]
    /// Of the page; nil where there is none.
    package let style: String?

    /// - Parameter files: contents by name, of all files in `templates/report`.
    /// - Throws: `Problem` that names the file and line at fault.
    package init(files: [String: String]) throws {
        var library = MustacheLibrary()
        for (name, text) in files.sorted(by: { $0.key < $1.key }) where name.hasSuffix(".mustache") {
            let short = String(name.dropLast(".mustache".count))
            library.register(try Self.parse(text, place: "templates/report/\(name)"), named: short)
        }
        guard library.getTemplate(named: "report") != nil else {
            throw Problem(
                .usage, "templates/report/report.mustache is missing", nextStep: "Restore it from the repository.")
        }
        self.library = library
        style = files["page.css"]
        var words: [Language: Words] = [:]
        for language in Language.known {
            let name = "words.\(language.rawValue).txt"
            guard let text = files[name] else {
                guard Language.allCases.contains(language) else { continue }
                throw Problem(
                    .usage, "templates/report/\(name) is missing", nextStep: "Restore it from the repository.")
            }
            words[language] = try Words(text: text, language: language, place: "templates/report/\(name)")
        }
        if let english = words[.english] {
            for language in words.keys where !Language.allCases.contains(language) {
                words[language]?.borrow(from: english)
            }
            // Records are in English.
            for language in words.keys { words[language]?.phrases = english.phrases }
        }
        self.words = words
    }

    /// - Throws: `Problem` when there are none.
    package func words(of language: Language) throws -> Words {
        guard let words = words[language] else {
            throw Problem(
                .usage, "there are no words for the language \(language.rawValue)",
                nextStep: "Write templates/report/words.\(language.rawValue).txt, or choose another language.")
        }
        return words
    }

    /// What tables say of steps, in every language.
    package func outcomes() throws -> Set<String> {
        try Set(
            words.keys.flatMap { language in
                try ["passed", "failed"].map { try words(of: language)($0) }
            })
    }

    static func parse(_ text: String, place: String) throws -> MustacheTemplate {
        do {
            return try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + text)
        } catch let error as MustacheTemplate.ParserError {
            throw Problem(
                .usage, "\(place):\(error.context.lineNumber): not a Mustache template: \(error.error)",
                nextStep: "Correct the line, or restore the file from the repository.")
        }
    }
}

/// The words of one language by name.
package struct Words: Sendable {
    /// Each a template or, where nothing stands in it that a template has to fill in, a `String`.
    private(set) var texts: [String: any Sendable]
    /// How many of them are another language's.
    private(set) var borrowed = 0
    /// What records say, in their language.
    fileprivate(set) var phrases: [RecordedPhrase] = []
    private let place: String

    /// - Parameters:
    ///   - text: lines `name = text`.
    ///   - place: the file, for faults.
    /// - Throws: `Problem` that names the line at fault.
    package init(text: String, language: Language, place: String) throws {
        var texts: [String: any Sendable] = [:]
        for (index, line) in text.lines.enumerated() {
            let trimmed = Self.trimmed(line)
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            let parts = trimmed.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw Problem(.usage, "\(place):\(index + 1): expected `name = text`", nextStep: "Correct the line.")
            }
            let name = String(Self.trimmed(parts[0]))
            guard texts[name] == nil else {
                throw Problem(.usage, "\(place):\(index + 1): \(name) is there twice", nextStep: "Remove one of them.")
            }
            let said = Self.trimmed(parts[1])
            let spaced = language.spaced(said)
            // Half of them are plain, and parsing all would take as long as reading the record.
            texts[name] =
                said.utf8.contains(UInt8(ascii: "{"))
                ? try ReportTemplates.parse(spaced, place: "\(place):\(index + 1)") : spaced
            if name.hasPrefix(RecordedPhrase.prefix) { phrases.append(RecordedPhrase(name: name, text: said)) }
        }
        self.texts = texts
        self.place = place
    }

    /// Takes what has no words here from another language.
    fileprivate mutating func borrow(from other: Words) {
        let missing = other.texts.filter { texts[$0.key] == nil }
        texts.merge(missing) { own, _ in own }
        borrowed = missing.count
    }

    func has(_ name: String) -> Bool { texts[name] != nil }

    /// - Throws: `Problem` that names the missing line.
    package func callAsFunction(_ name: String, _ values: [String: String] = [:]) throws -> String {
        guard let text = texts[name] else {
            throw Problem(
                .usage, "\(place) has no line for \(name)", nextStep: "Add `\(name) = …`, or restore the file.")
        }
        return (text as? MustacheTemplate)?.render(values) ?? text as? String ?? ""
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" || text.last == "\r" { text.removeLast() }
        return text
    }
}
