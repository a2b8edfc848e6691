import LoadGenerator
import TestSupport
import Testing

@Suite(.timed) struct UserMachineTests {
    typealias Action = UserMachine.Action

    /// A user with an open connection that has carried an answer.
    private func rested() -> UserMachine {
        var machine = UserMachine()
        _ = machine.begin(idempotent: true)
        _ = machine.connected()
        machine.heard()
        _ = machine.answered(keepsAlive: true)
        return machine
    }

    private let rest = Action.rest(.init(closing: false, backOff: false))
    private let restClosing = Action.rest(.init(closing: true, backOff: false))
    private let restBackingOff = Action.rest(.init(closing: false, backOff: true))

    @Test func aConnectionIsMadeOnceAndKept() {
        var machine = UserMachine()
        #expect(machine.begin(idempotent: true) == .connect)
        #expect(machine.connected() == .send)
        machine.heard()
        #expect(machine.answered(keepsAlive: true) == rest)
        #expect(machine.begin(idempotent: true) == .send)
        #expect(machine.answered(keepsAlive: false) == restClosing)
        #expect(machine.begin(idempotent: true) == .connect)
    }

    @Test func aDeadTargetIsNotHammered() {
        var machine = UserMachine()
        _ = machine.begin(idempotent: true)
        #expect(machine.connectFailed() == restBackingOff)
        _ = machine.begin(idempotent: true)
        _ = machine.connected()
        #expect(machine.closed() == restBackingOff)
    }

    @Test func anIdleCloseIsSilent() {
        var machine = rested()
        #expect(machine.closed() == .nothing)
        #expect(machine.begin(idempotent: false) == .connect)
    }

    @Test func aRequestThatMeetsAClosingConnectionIsSentAgainOnce() {
        var machine = rested()
        #expect(machine.begin(idempotent: true) == .send)
        #expect(machine.closed() == .connect)
        #expect(machine.connected() == .send)
        #expect(machine.closed() == restBackingOff)
    }

    @Test func anOrderIsNeverSentTwice() {
        var machine = rested()
        #expect(machine.begin(idempotent: false) == .send)
        #expect(machine.closed() == restBackingOff)
    }

    @Test func anOrderThatNobodySawIsSentAgainOnce() {
        var machine = rested()
        #expect(machine.begin(idempotent: false) == .send)
        #expect(machine.closed(unseen: true) == .connect)
        #expect(machine.connected() == .send)
        #expect(machine.closed(unseen: true) == restBackingOff)
        var fresh = UserMachine()
        _ = fresh.begin(idempotent: false)
        _ = fresh.connected()
        #expect(fresh.closed(unseen: true) == restBackingOff)
    }

    @Test func anAnswerThatHasBegunIsNotAskedForAgain() {
        var machine = rested()
        _ = machine.begin(idempotent: true)
        machine.heard()
        #expect(machine.closed() == restBackingOff)
    }

    @Test func expiryClosesInEveryPhase() {
        var machine = UserMachine()
        _ = machine.begin(idempotent: true)
        #expect(machine.expired() == restClosing)
        #expect(machine.connected() == .close)
        _ = machine.begin(idempotent: true)
        _ = machine.connected()
        #expect(machine.expired() == restClosing)
        #expect(machine.expired() == .nothing)
        #expect(!machine.isConnected)
    }

    @Test func garbageClosesTheConnection() {
        var machine = rested()
        _ = machine.begin(idempotent: true)
        #expect(machine.malformed() == restClosing)
        #expect(machine.begin(idempotent: true) == .connect)
    }

    @Test func leavingAtRestIsAtOnce() {
        var machine = rested()
        #expect(machine.leave() == .leave(closing: true))
        #expect(machine.leave() == .nothing)
        #expect(machine.begin(idempotent: true) == .nothing)
    }

    @Test func leavingWaitsForTheAnswer() {
        var machine = rested()
        _ = machine.begin(idempotent: true)
        #expect(machine.leave() == .nothing)
        #expect(machine.answered(keepsAlive: true) == .leave(closing: true))
        #expect(machine.phase == .gone)
    }

    @Test func leavingWhileConnectingSendsTheLastRequest() {
        var machine = UserMachine()
        _ = machine.begin(idempotent: true)
        #expect(machine.leave() == .nothing)
        #expect(machine.connected() == .send)
        #expect(machine.closed() == .leave(closing: false))
    }

    /// Also on a fresh connection, and whatever the request does: nobody has looked at it.
    @Test func whatTheServerLeftOutIsSentAgain() {
        var machine = UserMachine()
        #expect(machine.begin(idempotent: false) == .connect && machine.connected() == .send)
        for _ in 1..<UserMachine.mostLeftOut {
            #expect(machine.unprocessed() == .connect && machine.connected() == .send)
        }
        #expect(machine.unprocessed() == .rest(.init(closing: false, backOff: true)))
        #expect(machine.unprocessed() == .nothing)
        #expect(machine.begin(idempotent: false) == .connect)
    }
}
