import Model
import Orchestrator
import Stacks
import TestSupport
import Testing

@Suite(.timed) struct LossWatchTests {
    private static let components = [
        Component("mariadb", .database), Component("redis", .cache), Component("store-1", .store),
        Component("store-2", .store), Component("nginx", .balancer), Component("prometheus", .prometheus),
    ]

    private static func death(_ component: String) -> EndedPart {
        EndedPart(component: component, story: "\(component) was ended by signal 9")
    }

    @Test(arguments: ["store-1", "prometheus"]) func aPartThatCanBeSparedIsNotedOnce(component: String) throws {
        var watch = LossWatch(components: Self.components)
        var told: [RunHappening] = []
        let notes = try watch.look(at: [Self.death(component)], second: 7) { told.append($0) }
        #expect(notes == ["At second 7 of the load: \(component) was ended by signal 9"])
        #expect(told == [.lost(ComponentLoss(component: component, second: 7), story: notes[0])])
        #expect(try watch.look(at: [Self.death(component)], second: 8) { told.append($0) } == [])
        #expect(told.count == 1)
        #expect(watch.losses == [ComponentLoss(component: component, second: 7)])
    }

    @Test func aLossThatWasNoticedLateStandsAtItsOwnSecond() throws {
        var watch = LossWatch(components: Self.components)
        let late = EndedPart(component: "store-1", story: "the node is silent", age: 3)
        #expect(try watch.look(at: [late], second: 9) { _ in } == ["At second 6 of the load: the node is silent"])
        let early = EndedPart(component: "prometheus", story: "the node is silent", age: 3)
        _ = try watch.look(at: [late, early], second: 2) { _ in }
        #expect(watch.losses.map(\.second) == [6, 0])
    }

    @Test(arguments: ["mariadb", "redis", "nginx"]) func withoutAPartOfWhichThereIsOneNothingGoesOn(component: String) {
        var watch = LossWatch(components: Self.components)
        #expect {
            try watch.look(at: [Self.death("store-1"), Self.death(component)], second: 3) { _ in }
        } throws: { error in
            (error as? Problem)?.message == "at second 3 of the load \(component) was ended by signal 9"
        }
        #expect(watch.losses.map(\.component) == ["store-1", component])
    }

    @Test func withoutItsLastReplicaNothingGoesOn() throws {
        var watch = LossWatch(components: Self.components)
        _ = try watch.look(at: [Self.death("store-2")], second: 3) { _ in }
        #expect {
            try watch.look(at: [Self.death("store-2"), Self.death("store-1")], second: 5) { _ in }
        } throws: { ($0 as? Problem)?.message.contains("store-1 was ended") == true }
        #expect(watch.losses.map(\.second) == [3, 5])
    }

    @Test func whereNothingDiesNothingIsSaid() throws {
        var watch = LossWatch(components: Self.components)
        #expect(try watch.look(at: [], second: 1) { _ in Issue.record("nothing died") } == [])
        // What ran already has no parts that are known.
        var blind = LossWatch(components: [])
        #expect(try blind.look(at: [], second: 1) { _ in } == [])
    }
}
