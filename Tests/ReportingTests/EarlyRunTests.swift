import Foundation
import Model
import Reporting
import TestSupport
import Testing

/// What both languages say of a real run of an earlier version, and the form in which they say it.
@Suite(.timed) struct EarlyRunTests {
    private static let folder = Rendered.earlyFolder
    private let run: StudiedRun
    private let templates: ReportTemplates

    init() throws {
        run = try Rendered.early()
        templates = try repositoryTemplates()
    }

    private func report(_ language: Language) throws -> String { try Rendered.early(.report, language) }

    private static let english = Result { proseLines(try Rendered.early(.report, .english)) }
    private static let french = Result { proseLines(try Rendered.early(.report, .french)) }

    /// Lines of the report that are neither of a block nor within comments.
    private func prose(_ language: Language) throws -> [String] {
        try (language == .english ? Self.english : Self.french).get()
    }

    private static func proseLines(_ text: String) -> [String] {
        var inside = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
            if line.hasPrefix("```") {
                inside.toggle()
                return nil
            }
            return inside ? nil : String(line.replacing(/[ ]?\[\d+\]/, with: ""))
        }
    }

    @Test(arguments: Language.allCases) func boundsStandWhereNoLawDescribesTheLevels(language: Language) throws {
        let text = try report(language)
        let english = language == .english
        #expect(text.contains("X(N) ≤ min(N/(Z+R₀), X_max)"))
        #expect(text.contains(english ? "its fit to these 10 levels" : "son ajustement à ces 10 niveaux"))
        #expect(text.contains(english ? "| bound |" : "| borne |"))
    }

    /// At both bounds of each answer the same part was full; the waits for it rose.
    @Test(arguments: Language.allCases) func whatWasFullAtBothBoundsIsNotCalledTheCause(language: Language) throws {
        let lines = try report(language).split(separator: "\n").map { $0.replacing(/[ ]?\[\d+\]/, with: "") }
        let english = language == .english
        #expect(!lines.contains { $0.contains(english ? "First cause: the CPU of" : "Première cause : le processeur") })
        let saturated = lines.filter { $0.hasPrefix(english ? "- **Saturated at both" : "- **Saturé aux deux") }
        #expect(saturated.count == 3)
        #expect(saturated.contains { $0.contains(english ? "31.7 to 239.8" : "31,7 à 239,8") })
        let signs = english ? ["store-2 differs", "239.8", "6.5"] : ["store-2 diffère", "239,8", "6,5"]
        #expect(lines.contains { line in signs.allSatisfy { line.contains($0) } })
    }

    @Test func thePeakOfAQuantityIsNotBelowItsMean() throws {
        func percentages(_ line: Substring) -> [Double] {
            line.replacing(/[ ]?\[\d+\]/, with: "").matches(of: /([0-9.]+)%/).compactMap { Double($0.1) }
        }
        var peak: Double?
        var compared = 0
        for line in try report(.english).split(separator: "\n") {
            if line.contains("its busiest thread worked or waited") { peak = percentages(line).first }
            guard line.hasPrefix("| load generator | busiest thread"), let highest = peak else { continue }
            let hasTwo = line.contains("×")
            for mean in percentages(line).prefix(hasTwo ? 2 : 1) { #expect(mean <= highest, "\(line)") }
            compared += 1
            peak = nil
        }
        #expect(compared > 4)
    }

    /// But for two steps, which the version that ran them broke off over answers to requests of the time before the plateau.
    @Test func whatTheRunNotedOfItsStepsFollowsFromTheirSamples() throws {
        #expect(
            run.verdictDifferences.map(\.place) == [
                "03-redis-limit/record.json steps[9].passed", "04-balanced-limit/record.json steps[4].passed",
            ])
        #expect(run.verdictDifferences.allSatisfy { $0.recorded == "failed" && $0.computed == "passed" })
    }

    @Test func aVerdictThatWasChangedInTheRecordDoesNotReachTheReport() throws {
        var changed = run.run
        let index = try #require(changed.experiments.firstIndex { $0.folder == "02-mysql-limit" })
        let steps = changed.experiments[index].measurements[0].measurement.steps.indices
        for step in steps {
            changed.experiments[index].measurements[0].measurement.steps[step].validity =
                Validity(limited: [.lateTimers(0.3)])
            changed.experiments[index].measurements[0].measurement.steps[step].passed.toggle()
        }
        let studied = StudiedRun(changed)
        #expect(try renderReport(studied, language: .english, templates: templates) == report(.english))
        #expect(studied.verdictDifferences.count == 2 * steps.count + run.verdictDifferences.count)
        #expect(studied.verdictDifferences[0].place == "02-mysql-limit/record.json steps[0].passed")
        #expect(
            studied.verdictDifferences[0].recorded == "failed" && studied.verdictDifferences[0].computed == "passed")
    }

    @Test func frenchReportsHoldNoEnglishThatWasRecorded() throws {
        let text = (try prose(.french)).joined(separator: "\n")
        #expect(text.contains("HTTP 503 (attendu\u{A0}: 201)"))
        #expect(text.contains("pas de réponse complète dans le délai"))
        #expect(text.contains("| Raison de ce choix | processus locaux, comme demandé"))
        for word in ["expected", "instead of", "requested", "no complete", "(s)", " was ", " the ", "Stack"] {
            #expect(!text.contains(word), "\(word)")
        }
    }

    /// Spaces before marks hold the line together.
    @Test func noFrenchLineBeginsWithAMark() throws {
        let text = (try prose(.french)).map { $0.replacing(/`[^`]*`/, with: "") }.joined(separator: "\n")
        #expect(text.firstMatch(of: /[ ][:;?!»%](?=[ \n])|«[ ]/) == nil)
        #expect(text.contains("\u{A0};") && text.contains("«\u{A0}Répond correctement\u{A0}»"))
    }

    /// Versions stand in the table of the environment, what is quoted between backquotes.
    @Test func numbersHaveTheFormOfTheirLanguage() throws {
        let english = /[0-9],[0-9]{1,2}(?![0-9])|[0-9]\u{A0}%/
        let french = /[0-9]\.[0-9]|[0-9]%/
        for language in Language.allCases {
            for line in (try prose(language)).prefix(while: { !$0.hasPrefix("<summary>Env") }) {
                let plain = line.replacing(/`[^`]*`/, with: "")
                #expect(plain.firstMatch(of: language == .french ? french : english) == nil, "\(line)")
            }
        }
    }

    @Test(arguments: Language.allCases) func tablesAreWhole(language: Language) throws {
        var columns: Int?
        var (tables, before) = (0, "")
        for line in (try prose(language)) {
            defer { before = line }
            guard line.hasPrefix("|") else {
                columns = nil
                continue
            }
            let cells = line.replacing("\\|", with: "").count { $0 == "|" }
            if let columns {
                #expect(cells == columns, "\(line)")
            } else {
                #expect(before.isEmpty, "\(line)")
                (columns, tables) = (cells, tables + 1)
            }
        }
        #expect(tables > 40)
    }

    @Test(arguments: Language.allCases) func linksLeadToSectionsAndFilesOfTheRecord(language: Language) throws {
        let links = (try prose(language)).flatMap { line in
            line.matches(of: /\]\(([^)]*)\)/).map { String($0.output.1) }
        }
        let headings = (try prose(language)).filter { $0.hasPrefix("## ") }.map {
            Markdown.anchor(of: String($0.dropFirst(3)))
        }
        for link in links where link.hasPrefix("#") { #expect(headings.contains(String(link.dropFirst())), "\(link)") }
        #expect(links.count { $0.hasPrefix("#") } == 5)
        let files = links.filter { !$0.hasPrefix("#") }
        #expect(files.count == 8)
        for link in files {
            #expect(FileManager.default.fileExists(atPath: Self.folder.appending(path: link).path), "\(link)")
        }
    }

    @Test func errorsThatNoRateShowsAreNotCalledNone() throws {
        let lines = (try prose(.english)).filter { $0.contains("5xx answers per second and replica: zero") }
        try #require(lines.count == 3)
        #expect(lines[0].contains("zero throughout"))
        #expect(lines[1].contains("zero at every scrape, although 469 were counted (table above)"))
        #expect(lines[2].contains("zero at every scrape, although 1 was counted (table above)"))
    }

    @Test func theAnswersSayWhatEachPolicyDoes() throws {
        let english = try report(.english)
        #expect(english.contains("round robin (no directive: Nginx's default): requests go to the replicas in turn"))
        #expect(english.contains("`ip_hash`: the client’s address (for IPv4, its first three octets) selects the"))
        #expect(!english.contains("`least_conn`: `least_conn`"))
        #expect(try report(.french).contains("`random`\u{A0}: chaque requête va à une réplique tirée au hasard"))
    }

    @Test func theReportsSayWhatTheDatabaseWasAndWhyPlateausAreShorter() throws {
        for language in Language.allCases {
            let text = try report(language)
            #expect(text.contains(language == .french ? "était MariaDB" : "was MariaDB") && text.contains("MSER"))
            #expect(text.contains("`order` (`POST /orders`) ×1"))
        }
    }
}
