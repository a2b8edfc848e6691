import Foundation
import TestSupport
import Testing

/// The words of the pages.
@Suite(.timed) struct WordsTests {
    private static let home = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func names(_ language: String) throws -> Set<String> {
        let text = try String(contentsOfFile: "\(home)/templates/web/words.\(language).txt", encoding: .utf8)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") && $0.contains("=") }
        return Set(lines.map { $0.split(separator: " ")[0] }.map(String.init))
    }

    @Test func bothLanguagesHaveTheSame() throws {
        let (english, french) = (try Self.names("en"), try Self.names("fr"))
        #expect(english.symmetricDifference(french).isEmpty)
    }

    /// Names that stand in the source as such; those that are put together begin with a prefix of one there.
    @Test func allThatArePutOnPagesAreThere() throws {
        let names = try Self.names("en")
        let folder = "\(Self.home)/Sources/Web"
        let sources = try #require(FileManager.default.subpaths(atPath: folder)).filter { $0.hasSuffix(".swift") }
        var found: Set<String> = []
        for source in sources {
            let text = try String(contentsOfFile: "\(folder)/\(source)", encoding: .utf8)
            for match in text.matches(of: /words\(\s*"([a-zA-Z0-9-]+)"/) { found.insert(String(match.1)) }
        }
        #expect(found.count > 80)
        for name in found {
            #expect(names.contains(name) || (name.hasSuffix("-") && names.contains { $0.hasPrefix(name) }), "\(name)")
        }
    }
}
