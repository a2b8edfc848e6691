import Foundation
import Model
import TestSupport
import Testing

/// The documents name what there is.
@Suite(.timed) struct DocumentTests {
    private static let home = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: home.appending(path: path), encoding: .utf8)
    }

    private static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: home.appending(path: path).path)
    }

    @Test(arguments: ["README.md", "Sources/README.md", "Tests/README.md", ".github/CONTRIBUTING.md", "CHANGELOG.md"])
    func pathsExist(document: String) throws {
        let text = try Self.text(document)
        let named = text.matches(of: /`((?:Sources|Tests|templates|output\/sample|\.ci|\.github)\/[^`\s]*)`/)
            .map { String($0.output.1) }
        let folder = Self.home.appending(path: document).deletingLastPathComponent()
        let linked = text.matches(of: /\]\(([^)#\s]+)(?:#[^)]*)?\)/).map { String($0.output.1) }
            .filter { !$0.contains("://") }
        for path in named { #expect(Self.exists(path), "\(document) names \(path)") }
        for path in linked {
            #expect(
                FileManager.default.fileExists(atPath: folder.appending(path: path).path),
                "\(document) links to \(path)")
        }
        #expect(!named.isEmpty || !linked.isEmpty || document == "CHANGELOG.md")
    }

    /// Names of targets stand in quotation marks after `room(`, `name:` and `of:`.
    @Test func everyTargetIsInTheTableOfRooms() throws {
        let package = try Self.text("Package.swift")
        let rooms = try Self.text("Sources/README.md")
        let names = package.matches(of: /(?:room\(\s*|arget\(\s*name: |ibrary\(name: )"(\w[\w-]*)"/).map(\.output.1)
            .filter { !$0.hasSuffix("Tests") }
        #expect(names.count > 15)
        for name in names { #expect(rooms.contains("`\(name)`"), "\(name)") }
    }

    /// The column of the table that says what a room may import is what `Package.swift` permits.
    @Test func theTableOfRoomsSaysWhatEachMayImport() throws {
        let package = try Self.text("Package.swift")
        let rooms = package.matches(of: /room\(\s*"(\w+)",\s*\[([^\]]*)\]/).map { ($0.output.1, $0.output.2) }
        let targets = Set(rooms.map(\.0) + package.matches(of: /systemLibrary\(name: "(\w+)"/).map(\.output.1))
        let lines = try Self.text("Sources/README.md").split(separator: "\n")
        for (name, list) in rooms {
            let imported = Set(list.matches(of: /"(\w+)"/).map(\.output.1)).intersection(targets)
            let line = try #require(lines.first { $0.hasPrefix("| `\(name)` |") })
            let column = line.split(separator: "|")[2]
            #expect(Set(column.matches(of: /`(\w+)`/).map(\.output.1)) == imported, "\(name)")
        }
    }

    @Test func theChangelogBeginsWithTheVersionOfThePrograms() throws {
        let version = try #require(try Self.text("CHANGELOG.md").firstMatch(of: /\n## \[(\d+\.\d+\.\d+)\]/)?.output.1)
        #expect(version == storelabVersion)
        // The store shares no code with StoreLab.
        #expect(try Self.text("Sources/store/StoreProgram.swift").contains("version = \"\(version)\""))
    }
}
