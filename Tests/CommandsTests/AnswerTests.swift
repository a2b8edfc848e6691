import Commands
import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// What the verbs answer, in a checkout of the test's own.
@Suite(.timed) struct AnswerTests {
    @Test func listShowsWhatThereIsToRun() async throws {
        let checkout = try Checkout()
        try checkout.write("1.yaml", Checkout.experiment("one"))
        try checkout.write(
            "2.yaml", Checkout.experiment("two", load: "find_limit: { from: 5, to: 80, hold: 5s, precision: 10% }"))
        try checkout.write("optional/3.yaml", Checkout.experiment("three"))
        let answer = try await checkout.answer("list")
        let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.first?.hasPrefix("question  name  stack ") == true)
        #expect(lines[1].hasPrefix("–         one   redis, 2 replicas, least_conn  users 10 "))
        #expect(lines[2].contains("  search from 5 to 80 users  "))
        #expect(lines.contains("  one: 1 × best-sellers, 3 × stocks"))
        #expect(lines.last == "Not part of a run unless named: \(checkout.home)/experiments/optional/3.yaml")
        #expect(answer.message == nil && answer.status == .measured)
    }

    @Test func onlyWhatWasNamedIsListed() async throws {
        let checkout = try Checkout()
        let file = try checkout.write("optional/3.yaml", Checkout.experiment("three"))
        try checkout.write("1.yaml", Checkout.experiment("one"))
        let answer = try await checkout.answer("list", file)
        #expect(answer.text.contains("three") && !answer.text.contains("one ") && !answer.text.contains("Not part"))
    }

    @Test func validateCountsWhatIsRight() async throws {
        let checkout = try Checkout()
        let file = try checkout.write("1.yaml", Checkout.experiment("one"))
        try checkout.write("optional/3.yaml", Checkout.experiment("three"))
        #expect(try await checkout.answer("validate") == CommandAnswer(text: "2 experiments, no faults"))
        #expect(try await checkout.answer("validate", file).text == "1 experiment, no faults")
    }

    @Test func validateNamesEveryFaultWithItsPlace() async throws {
        let checkout = try Checkout()
        let wrong = Checkout.experiment("one").replacing("redis", with: "oracle").replacing(
            "timeout: 2s", with: "timeout: 2")
        try checkout.write("1.yaml", wrong)
        let error = await #expect(throws: DefinitionFaults.self) { try await checkout.answer("validate") }
        let explanation = StoreLab.explain(try #require(error))
        #expect(explanation.status == .wrongUsage)
        let lines = explanation.message?.split(separator: "\n").map(String.init) ?? []
        #expect(lines.contains { $0.contains("1.yaml:4:") && $0.contains("oracle") }, "\(lines)")
        #expect(lines.contains { $0.contains("1.yaml:14:") && $0.contains("2") }, "\(lines)")
    }

    @Test func newMakesAnExperimentWithoutAFault() async throws {
        let checkout = try Checkout()
        let answer = try await checkout.answer("new", "my-shop")
        let file = checkout.home + "/experiments/my-shop.yaml"
        #expect(answer.text == file && answer.message == "Edit it, then: ./storelab run \(file)")
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("\nname: my-shop "))
        #expect(try await checkout.answer("validate", file).text == "1 experiment, no faults")
        // What is there is not written over.
        await #expect {
            try await checkout.answer("new", "my-shop")
        } throws: { ($0 as? Problem)?.message == "\(file) exists already" }
        await #expect(throws: Problem.self) { try await checkout.answer("new", "../shop") }
    }

    @Test(arguments: [["verify"], ["compare", "latest", "latest"]])
    func withoutARunThereIsNothingToSay(arguments: [String]) async throws {
        let checkout = try Checkout()
        let command = try #require(try StoreLab.command(arguments) as? any AnsweringCommand)
        await #expect {
            try await command.answer(in: checkout.places)
        } throws: { error in
            (error as? Problem)?.kind == .usage && (error as? Problem)?.message.isEmpty == false
        }
    }

    @Test func aPlanSaysHowLongEverythingTakes() throws {
        let checkout = try Checkout()
        let file = try checkout.write("1.yaml", Checkout.experiment("one"))
        let experiments = try loadExperiments(paths: [file])
        let once = Plan(experiments, quick: false).text
        #expect(once.hasSuffix("\nTasks:\n  one: 1 × best-sellers, 3 × stocks\nAbout 35 s in total."), "\(once)")
        let often = Plan(experiments, quick: true, times: 3).text
        #expect(often.contains("in total, each measured 3 times (quick: every duration shortened)."))
    }
}
