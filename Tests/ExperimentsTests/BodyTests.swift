import Experiments
import Foundation
import Model
import TestSupport
import Testing

@Suite(.timed) struct BodyTests {
    /// The pieces of a body with this text, or its faults.
    private func pieces(of text: String, file: String = "x.json") throws -> (
        pieces: [BodyTemplate.Piece], fault: String
    ) {
        try withFolder { folder in
            try Data(text.utf8).write(to: folder.appending(path: "bodies/\(file)"))
            let definition = folder.appending(path: "a.yaml")
            try Data(altered("bodies/user.json", "bodies/\(file)").utf8).write(to: definition)
            do {
                let experiment = try #require(try loadExperiments(paths: [definition.path]).first)
                return (experiment.load.tasks[0].bodies[0].pieces, "")
            } catch let faults as DefinitionFaults {
                return ([], faults.description.replacing("\(folder.path)/", with: ""))
            }
        }
    }

    @Test func placeholdersAreCutOut() throws {
        #expect(
            try pieces(of: "{\"u\": ${random(1, users)}, \"p\": ${ random( 1,products ) }, \"q\": [${random(0, 3)}]}\n")
                .pieces
                == [
                    .text("{\"u\": "), .randomInteger(1...10), .text(", \"p\": "), .randomInteger(1...20),
                    .text(", \"q\": ["), .randomInteger(0...3), .text("]}"),
                ])
        #expect(
            try pieces(of: "a$ 5$$ $${random(1, 2)} $", file: "x.txt").pieces == [.text("a$ 5$ ${random(1, 2)} $")])
        #expect(try pieces(of: "", file: "x.txt").pieces == [])
        #expect(
            try pieces(of: "${uuid}${choice(a, b c)}", file: "x.txt").pieces == [.uuid, .choice(["a", "b c"])])
    }

    @Test(arguments: [
        (
            "{\n  \"a\": ${rand(1, 2)}}",
            "2:8: unknown placeholder \"${rand(1, 2)}\"; write for example ${random(1, users)}"
        ),
        ("{\"a\": ${random(1)}}", "1:7: random takes two bounds, for example ${random(1, 3)}"),
        ("{\"a\": ${random(1, orders)}}", "1:7: \"orders\" is not a bound; write a whole number, users or products"),
        ("{\"a\": ${random(11, users)}}", "1:7: the bounds of ${random(11, users)} are in the wrong order: 11 to 10"),
        (
            "{\"a\": ${random(1, 99999999999999999999)}}",
            "1:7: \"99999999999999999999\" is not a bound; write a whole number, users or products"
        ),
        ("{\"a\": ${random(1, 2)", "1:7: \"${\" is not closed with \"}\"; write $$ for a dollar sign"),
        ("{\"a\": 1", "1:1: not JSON once its placeholders are filled in"),
        ("{\"a\": \u{0}}", "1:7: the character U+0000 is not allowed in a text file"),
    ])
    func aFaultStandsInTheBodysOwnFile(text: String, fault: String) throws {
        #expect(try pieces(of: text).fault == "bodies/x.json:\(fault)")
    }

    /// The column that a placeholder names, or its fault.
    private func column(_ placeholder: String, of table: String) throws -> (column: TableColumn?, fault: String) {
        try withFolder { folder in
            try Data(table.utf8).write(to: folder.appending(path: "people.csv"))
            let definition = folder.appending(path: "a.yaml")
            try Data(altered("get: /best", "get: \"/best/${\(placeholder)}\"").utf8).write(to: definition)
            do {
                let experiment = try #require(try loadExperiments(paths: [definition.path]).first)
                guard case .column(let column) = experiment.load.tasks[1].pathPieces.last else { return (nil, "") }
                return (column, "")
            } catch let faults as DefinitionFaults {
                return (nil, faults.description.replacing("\(folder.path)/", with: ""))
            }
        }
    }

    @Test(arguments: [
        ("id,name\n1,Ann\n2,Bob\n", ["Ann", "Bob"]), ("id;name\r\n1;\"A;\"\"B\"\"\"\r\n\r\n", ["A;\"B\""]),
        ("\u{FEFF}name , id\n\"x\ny\",3", ["x\ny"]),
    ])
    func columnsOfTablesAreReadByName(table: String, values: [String]) throws {
        #expect(
            try column("random_row(people.csv, name)", of: table).column
                == TableColumn(file: "people.csv", name: "name", order: .random, values: values))
        #expect(try column("row(people.csv, name)", of: table).column?.order == .sequential)
    }

    @Test(arguments: [
        ("row(people.csv, nam)", "id,name\n1,a", "\"people.csv\" has no column \"nam\"; did you mean \"name\"?"),
        ("row(people.csv, id)", "id,name\n1,a\n2", "line 3 of \"people.csv\" has 1 values for 2 columns"),
        ("row(people.csv, id)", "id,name\n", "\"people.csv\" has no rows after its columns' names"),
        ("row(people.csv, id)", "id\n\"a", "the quotes that open on line 2 of \"people.csv\" are not closed"),
        ("row(people.csv)", "id\na", "a row takes a file and a column, for example ${row(customers.csv, email)}"),
    ])
    func aFaultOfATableStandsAtItsPlaceholder(placeholder: String, table: String, fault: String) throws {
        #expect(try column(placeholder, of: table).fault == "a.yaml:18:12: get: \(fault)")
    }

    @Test func aLargeBodyIsRefused() throws {
        #expect(
            try pieces(of: String(repeating: "1", count: 65_537)).fault
                == "a.yaml:15:13: body: \"bodies/x.json\" is larger than 64 KiB")
    }

    @Test func aLinkOutOfTheFolderIsRefused() throws {
        try withFolder { folder in
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/bodies/x.json", withDestinationPath: "/etc/hostname")
            let definition = folder.appending(path: "a.yaml")
            try Data(altered("bodies/user.json", "bodies/x.json").utf8).write(to: definition)
            #expect(
                throws: DefinitionFaults([
                    DefinitionFault(
                        file: definition.path, line: 15, column: 13,
                        message:
                            "body: \"bodies/x.json\" leads out of the experiment's folder; bodies lie in it or below")
                ])
            ) {
                try loadExperiments(paths: [definition.path])
            }
        }
    }
}
