import Commands
import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// `history` in a folder of runs.
@Suite(.timed) struct HistoryAnswerTests {
    /// A run that was planned and not begun.
    private func record(_ id: String, began: Double, in checkout: Checkout) throws {
        let file = try checkout.write("1.yaml", Checkout.experiment("one"))
        let manifest = RunManifest(
            id: id, version: "0.2.0", commit: nil, began: began, quick: false,
            host: Host(system: "s", kernel: "k", processor: "p", cores: 2, memory: 1, openFiles: 1),
            experiments: try loadExperiments(paths: [file]))
        try write(JSONEncoder().encode(manifest), to: "\(id)/manifest.json", in: checkout)
    }

    private func write(_ data: Data, to name: String, in checkout: Checkout) throws {
        let file = URL(fileURLWithPath: "\(checkout.home)/output/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    @Test func runsThatCannotBeReadAreListed() async throws {
        let checkout = try Checkout()
        try record("b", began: 1_790_000_000, in: checkout)
        try record("a", began: 1_790_086_400, in: checkout)
        try write(Data("{".utf8), to: "broken/manifest.json", in: checkout)
        try write(Data("{}".utf8), to: "bare/01-one/record.json", in: checkout)
        try write(Data("x".utf8), to: "notes/of-mine.txt", in: checkout)
        try FileManager.default.createSymbolicLink(
            atPath: checkout.home + "/output/latest", withDestinationPath: "a")
        let answer = try await checkout.answer("history", "one")
        #expect(answer.status == .measured && answer.message == nil)
        #expect(answer.text.contains("Not read: `broken` (") && answer.text.contains("Not read: `bare` ("))
        #expect(!answer.text.contains("notes") && !answer.text.contains("latest"))
        #expect(answer.text.contains("2 runs, oldest first"))
        let rows = answer.text.split(separator: "\n").filter { $0.contains("not started") }
        #expect(rows.count == 2 && rows[0].contains("`b`") && rows[1].contains("`a`"))
    }

    @Test func anExperimentThatNoRunHasIsAnError() async throws {
        let checkout = try Checkout()
        try record("a", began: 1_790_000_000, in: checkout)
        await #expect {
            try await checkout.answer("history", "two")
        } throws: { error in
            let problem = error as? Problem
            return problem?.kind == .usage && problem?.message.contains("has an experiment two") == true
                && problem?.nextStep?.contains("one") == true
        }
    }

    @Test func withoutRunsThereIsNoHistory() async throws {
        let checkout = try Checkout()
        #expect(try await checkout.answer("history").text.contains("No run was found."))
    }

    @Test func itComesAsPageJSONAndCSV() async throws {
        let checkout = try Checkout()
        try record("a", began: 1_790_000_000, in: checkout)
        let page = checkout.home + "/history.html"
        #expect(try await checkout.answer("history", "--html", page, "--language", "fr").text == page)
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.hasPrefix("<!doctype html>") && html.contains("Historique"))
        let json = try await checkout.answer("history", "--format", "json").text
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect((object?["experiments"] as? [Any])?.count == 1)
        let csv = try await checkout.answer("history", "--format", "csv").text
        #expect(csv.hasPrefix("experiment,variant,run,") && csv.contains("one,,a,"))
        await #expect(throws: Problem.self) {
            try await checkout.answer("history", "--html", checkout.home + "/none/history.html")
        }
    }
}
