import Experiments
import Foundation
import Model
import TestSupport
import Testing

@Suite(.timed) struct FolderTests {
    private func write(_ text: String, _ name: String, in folder: URL) throws -> String {
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    private func load(_ paths: [String], in folder: URL) -> String {
        do {
            return try loadExperiments(paths: paths).map(\.sourceFile).joined(separator: " ")
        } catch {
            return "\(error)".replacing(folder.path, with: "F")
        }
    }

    @Test func aFolderStandsForItsFilesInTheOrderOfTheirNames() throws {
        try withFolder { folder in
            _ = try write(valid.replacing("name: a", with: "name: b"), "b.yml", in: folder)
            let last = try write(valid.replacing("name: a", with: "name: c"), "c.yaml", in: folder)
            _ = try write(valid, "a.yaml", in: folder)
            _ = try write("not read", "notes.txt", in: folder)
            _ = try write("not read", ".hidden.yaml", in: folder)
            #expect(load([folder.path], in: folder) == "a.yaml b.yml c.yaml")
            #expect(load([last, folder.path, last], in: folder) == "c.yaml a.yaml b.yml")
        }
    }

    @Test func whatIsNotThereIsWrongUsage() throws {
        try withFolder { folder in
            #expect(throws: Problem.self) { try loadExperiments(paths: [folder.path + "/none.yaml"]) }
            #expect(
                load([folder.path + "/none.yaml"], in: folder)
                    == "There is no file or folder F/none.yaml.\n  `storelab list` shows the experiments that are there."
            )
            #expect(
                load([folder.path], in: folder)
                    == "The folder F holds no experiment (*.yaml).\n  `storelab new NAME` starts one.")
        }
    }

    @Test func aDeviceIsNoFile() {
        #expect(throws: DefinitionFaults.self) { try loadExperiments(paths: ["/dev/zero"]) }
    }

    @Test func aNameUsedTwiceNamesBothPlaces() throws {
        try withFolder { folder in
            _ = try write(valid, "1.yaml", in: folder)
            _ = try write("# again\n" + valid.replacing("name: a", with: "name:  A"), "2.yaml", in: folder)
            #expect(
                load([folder.path], in: folder)
                    == "F/2.yaml:2:8: name: \"A\" is already the name of F/1.yaml:1:7")
        }
    }

    @Test func faultsOfAllFilesComeAtOnce() throws {
        try withFolder { folder in
            _ = try write("", "1.yaml", in: folder)
            _ = try write(try altered("from: 5", "from: 0"), "2.yaml", in: folder)
            #expect(
                load([folder.path], in: folder) == """
                    F/1.yaml:1:1: the file is empty; `storelab new NAME` writes a commented start
                    F/2.yaml:21:23: from: 0 is out of range; write 1 to 1000000
                    """)
        }
    }

    @Test func aComparisonMayNameAnExperimentOfTheFolderThatIsNotRun() throws {
        try withFolder { folder in
            _ = try write(valid.replacing("name: a", with: "name: mysql-limit"), "1.yaml", in: folder)
            let second = try write(valid + "\ncompare: mysql-limit", "2.yaml", in: folder)
            #expect(load([second], in: folder) == "2.yaml")
            let third = try write(valid + "\ncompare: [mysql-limt]", "2.yaml", in: folder)
            #expect(
                load([third], in: folder)
                    == "F/2.yaml:28:11: compare: no experiment is named \"mysql-limt\"; did you mean \"mysql-limit\"?")
        }
    }

    @Test func aNewExperimentIsReadWithoutAFault() throws {
        let template = try String(contentsOf: checkout.appending(path: "templates/experiment.yaml"), encoding: .utf8)
        try withFolder { folder in
            let source = checkout.appending(path: "experiments/bodies/order-1-item.json")
            try FileManager.default.copyItem(at: source, to: folder.appending(path: "bodies/order-1-item.json"))
            for name in ["night-shift", "42", "no", "1e5", "A"] {
                let file = try write(newExperiment(name: name, template: template), "new.yaml", in: folder)
                let experiment = try #require(try loadExperiments(paths: [file]).first)
                #expect(experiment.name == name)
                #expect(experiment.question == nil)
                #expect(experiment.quickened.quickened.criteria == experiment.quickened.criteria)
            }
        }
    }

    @Test(arguments: ["", "../a", "a/b", "a b", "-a", "é", "a.yaml", String(repeating: "a", count: 61), "a\nb"])
    func aNameThatCouldLeaveTheFolderIsRefused(name: String) {
        #expect(throws: Problem.self) { try newExperiment(name: name, template: "name: x\n") }
    }
}
