import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// Files that are not one small YAML document: one clear fault each.
@Suite(.timed) struct DocumentTests {
    @Test(arguments: [
        ("", "1:1: the file is empty; `storelab new NAME` writes a commented start"),
        ("# only a comment\n", "1:1: the file is empty; `storelab new NAME` writes a commented start"),
        ("just text", "1:1: the experiment: expected keys and values (name, question, title, …), found \"just text\""),
        ("- a\n- b", "1:1: the experiment: expected keys and values (name, question, title, …), found a list"),
        ("name: a\n\tquestion: 2", "2:1: a tab cannot indent YAML; write spaces"),
        ("name: a\n---\nname: b", "2:1: a second document begins here; a file holds one experiment"),
        (
            "name: {a: b",
            "2:1: not YAML: while parsing a flow mapping that begins at 1:7: did not find expected ',' or '}'"
        ),
        ("name: a\n b: c", "2:3: not YAML: mapping values are not allowed in this context"),
        (
            "name: \"abc",
            "1:11: not YAML: while scanning a quoted scalar that begins at 1:7: found unexpected end of stream"
        ),
        ("name: \u{0}", "1:7: the character U+0000 is not allowed in a text file"),
        ("name: a\nb: \u{1B}[0m", "2:4: the character U+001B is not allowed in a text file"),
        ("name: *x", "1:7: not YAML: found undefined alias"),
        ("name: &x a\nb: *x", "2:4: aliases (*x) are not allowed; write the value out"),
        ("%YAML 3.0\n---\nname: a", "1:1: not YAML: found incompatible YAML document"),
    ])
    func aFileThatIsNoDefinitionHasOneFault(text: String, fault: String) throws {
        let found = try faults(of: text)
        #expect(found == [fault])
    }

    @Test func bytesThatAreNotTextAreRefusedAtTheirPlace() throws {
        #expect(
            try faults(of: Array("name: a\ntitle: é".utf8) + [0xFF, 0x20]) == [
                "2:9: this byte is not UTF-8 text; save the file as UTF-8"
            ])
    }

    @Test func aByteOrderMarkAndWindowsLineEndsAreFine() throws {
        let text = "\u{FEFF}" + valid.replacing("\n", with: "\r\n")
        #expect(try faults(of: text) == [])
        #expect(
            try faults(of: text.replacing("from: 5,", with: "from: x,")) == [
                "21:23: from: expected a whole number in digits only, for example 1000, found x"
            ])
    }

    /// Ten levels of ten aliases stand for ten thousand million values; as keys they would also be compared.
    @Test(arguments: ["", "? "])
    func anAliasBombIsRefusedAtItsFirstAlias(key: String) throws {
        var bomb = "a: &a [x, x]\n"
        for (one, next) in zip("abcdefghij", "bcdefghijk") {
            bomb += "\(next): &\(next) [\(Array(repeating: "*\(one)", count: 10).joined(separator: ", "))]\n"
        }
        bomb += "\(key)*k"
        #expect(try faults(of: bomb) == ["2:8: aliases (*a) are not allowed; write the value out"])
    }

    @Test(arguments: [
        (String(repeating: "[", count: 10_000), "1:33"),
        (String(repeating: "{a: ", count: 10_000), "1:129"),
        (String(repeating: "- ", count: 10_000), "1:65"),
    ])
    func deepNestingIsRefusedBeforeItIsFollowed(text: String, place: String) throws {
        #expect(try faults(of: text) == ["\(place): nested more than 32 levels deep; an experiment needs six"])
    }

    @Test func deepNestingByIndentationIsRefused() throws {
        let lines = (0..<600).map { String(repeating: " ", count: $0) + "a:" }
        #expect(try faults(of: lines.joined(separator: "\n")).contains { $0.contains("nested more than 32 levels") })
    }

    @Test func aHugeFileIsRefusedUnread() throws {
        try withFolder { folder in
            let file = folder.appending(path: "huge.yaml")
            try Data().write(to: file)
            let handle = try FileHandle(forWritingTo: file)
            try handle.truncate(atOffset: 50_000_000)
            try handle.close()
            #expect(
                throws: DefinitionFaults([
                    DefinitionFault(
                        file: file.path, line: 1, column: 1, message: "larger than 1 MB; an experiment is a few kB")
                ])
            ) {
                try loadExperiments(paths: [file.path])
            }
        }
    }

    @Test func starsAndAmpersandsInTextAreNoAliases() throws {
        let text = try altered("\"rate(x[10s])\"", "\"100 *x and &x\" } # *x &x").replacing(
            "/best", with: "/best?a=1&x=*x")
        let found = try faults(of: text)
        #expect(found == ["27:22: aliases (*x) are not allowed; write the value out"])
        let formula = try altered("\"rate(x[10s])\"", "\"100 * x *y / (z & 1)\"").replacing(
            "/best", with: "/best?a=1&y=2")
        #expect(try faults(of: formula) == [])
    }
}
