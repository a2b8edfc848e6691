import Model
import TestSupport
import TestTarget
import Testing

@Suite(.timed) struct BehaviourPathTests {
    @Test(arguments: [
        ("/", Behaviour.answer(.plain)),
        ("/fixed?ms=5", .late(.fixed(5))),
        ("/two?ms=2&other=200&share=0.01", .late(.twoPoint(usual: 2, other: 200, share: 0.01))),
        ("/queue?rate=200", .capacity(rate: 200, .wait, refusal: .unavailable)),
        ("/queue?rate=200&law=exponential", .capacity(rate: 200, .waitAtRandom, refusal: .unavailable)),
        ("/refuse?rate=200&allowance=100&how=reset", .capacity(rate: 200, .refuse(allowance: 0.1), refusal: .reset)),
        ("/pause?after=5000&for=2000", .pause(Window(after: 5_000_000_000, length: 2_000_000_000))),
        ("/reset?share=0.1", .sometimes(.reset, share: 0.1)),
        ("/wrong-length?by=10", .answer(.wrongLength(by: 10))),
    ]) func aPathNamesABehaviour(path: String, behaviour: Behaviour) throws {
        #expect(try BehaviourPath.behaviour(path) == behaviour)
    }

    @Test(arguments: [
        "/fast", "/fixed", "/fixed?ms", "/fixed?ms=-1", "/fixed?ms=nan", "/queue?rate=0", "/queue?rate=1&law=normal",
        "/status?code=1",
    ])
    func aWrongPathIsAProblem(path: String) {
        #expect(throws: Problem.self) { try BehaviourPath.behaviour(path) }
    }
}
