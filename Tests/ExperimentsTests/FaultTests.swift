import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// One change to the valid definition, and all the faults that it makes. They stand in `Fixtures/faults.txt` as
/// `old → new`, then a line for each fault; `⏎` is a line break.
struct Change: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let faults: [String]

    static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/faults.txt")

    static let all: [Change] = {
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.components(separatedBy: "\n\n").compactMap { block -> Change? in
            let lines = block.split(separator: "\n").map(String.init)
            let sides = (lines.first ?? "").components(separatedBy: " → ")
            guard sides.count == 2 else { return nil }
            return Change(
                old: sides[0].replacing("⏎", with: "\n"), new: sides[1].replacing("⏎", with: "\n"),
                faults: lines.dropFirst().map { $0.trimmingCharacters(in: .whitespaces) })
        }
    }()

    var testDescription: String { "\(old) → \(new)".replacing("\n", with: "⏎") }
}

@Suite(.timed) struct FaultTests {
    @Test func theValidDefinitionHasNoFault() throws {
        #expect(try faults(of: valid) == [])
    }

    @Test(arguments: Change.all)
    func everyFaultIsNamedAtItsPlace(change: Change) throws {
        let found = try faults(of: altered(change.old, change.new))
        #expect(found == change.faults)
    }

    /// Writes the faults as they are now; read the difference before it is committed.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["STORELAB_RECORD"] != nil))
    func recordAnew() throws {
        let blocks = try Change.all.map { change in
            let found = try faults(of: altered(change.old, change.new)).map { "    \($0)\n" }.joined()
            return "\(change.testDescription)\n\(found)"
        }
        try Data(blocks.joined(separator: "\n").utf8).write(to: Change.file)
    }

    @Test func onlyASearchHasAPauseInWhichDataAreRestored() throws {
        let project = try altered(
            "  backend: mysql\n",
            "  compose_file: [bodies/user.json, bodies/user.json]\n  service: web\n  port: 80\n  restore: volumes\n")
        #expect(try faults(of: project) == [])
        let ramp = project.replacing(
            "find_limit: { from: 5, to: 50, hold: 10s, precision: 5% }",
            with: "ramp: [{ users: 5, spawn_rate: 1/s, hold: 9s }]")
        #expect(
            try faults(of: ramp) == [
                "8:3: restore: only between the steps of find_limit do users leave, so that data can be restored; leave it out"
            ])
    }

    @Test func aProjectHasFilesAndAWayToRestoreItsData() throws {
        try withFolder { folder in
            let text = try altered(
                "  backend: mysql\n",
                "  compose_file: [bodies/user.json, b.yml]\n  service: web\n  port: 80\n"
                    + "  restore: { service: db, command: \"sh /reset.sh --all\" }\n")
            try Data().write(to: folder.appending(path: "b.yml"))
            try Data(text.utf8).write(to: folder.appending(path: "a.yaml"))
            let experiment = try #require(try loadExperiments(paths: [folder.appending(path: "a.yaml").path]).first)
            let own = try #require(experiment.stack.subject.project)
            #expect(own.files.map { $0.split(separator: "/").last } == ["user.json", "b.yml"])
            #expect(own.restore == .command(service: "db", command: "sh /reset.sh --all"))
            // What brings data back takes its time between any two steps.
            var bare = experiment
            bare.stack.subject = .project(OwnProject(file: own.file, service: "web", port: 80))
            #expect(experiment.estimatedSeconds > bare.estimatedSeconds)
            let again = try JSONDecoder().decode(
                StackSubject.self, from: JSONEncoder().encode(experiment.stack.subject))
            #expect(again == experiment.stack.subject)
        }
    }

    @Test func allFaultsOfAFileComeAtOnceInTheirOrder() throws {
        var text = try altered("question: 2", "question: two")
        text = text.replacing("cpus: 0.5", with: "cpu: 0.5").replacing("think_time: 1s..3s", with: "think_time: 1")
        text = text.replacing("is: list", with: "is: text").replacing("precision: 5%", with: "precision: 5")
        text = text.replacing("p95 > 500ms", with: "p94 > 500ms").replacing("from: 5,", with: "from: 5, from: 6,")
        let found = try faults(of: text)
        #expect(
            found == [
                "2:11: question: expected a whole number in digits only, for example 1000, found two",
                "8:12: unknown key \"cpu\" in store; did you mean \"cpus\"?",
                "19:21: is: unknown \"text\"; known are list, object",
                "20:15: think_time: 1 has no unit; write for example 1s",
                "21:26: \"from\" is written twice; the first is on line 21",
                "21:65: precision: 5 has no unit; write for example 5%",
                "26:5: limits: unknown metric \"p94\"; did you mean \"p90\"?",
            ])
    }
}
