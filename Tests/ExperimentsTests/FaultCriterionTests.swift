import Experiments
import Model
import TestSupport
import Testing

@Suite(.timed) struct FaultCriterionTests {
    @Test(arguments: [
        ("lost > 10", FaultCriterion.Cost.lost, 10.0), ("lost>0", .lost, 0), ("recovery > 5s", .recovery, 5),
        (" recovery > 500ms ", .recovery, 0.5),
    ])
    func costsAreReadWithTheirUnits(text: String, cost: FaultCriterion.Cost, threshold: Double) throws {
        let criterion = try #require(try Notation.faultCriterion(text))
        #expect(criterion.cost == cost && criterion.threshold == threshold)
    }

    @Test func othersAreNotAboutFaults() throws {
        #expect(try Notation.faultCriterion("p95 > 500ms") == nil)
        #expect(try Notation.faultCriterion("losses > 5") == nil)
    }

    @Test(arguments: [
        "lost", "lost > 5%", "lost > -1", "lost > 1.5", "recovery > 5", "recovery > 1 > 2", "recovery > fast",
    ])
    func whatCannotBeReadIsSaid(text: String) {
        #expect(throws: Problem.self) { try Notation.faultCriterion(text) }
    }
}
