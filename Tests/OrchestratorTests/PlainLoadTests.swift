import Model
import Orchestrator
import TestSupport
import Testing

@Suite(.timed) struct PlainLoadTests {
    /// A page that shows the load must know that it has begun.
    @Test func aLoadTellsItsWholeStory() async throws {
        let load = LoadConductorTests.load(.ramp([LoadStage(users: 3, spawnRate: .infinity, hold: 3)]))
        let timeline = Timeline()
        let entry = RunPlan.Entry(
            name: PlainLoad.name, title: LocalizedText(english: "", french: ""),
            time: RunPlan.Estimate(bringUp: 0, load: 0),
            tasks: load.tasks.map(\.name), criteria: [], shape: load.shape)
        try timeline.tell(.planned(RunPlan(run: nil, folder: nil, isQuick: false, stack: nil, entries: [entry])))
        let result = try await PlainLoad(
            load: load, criteria: [], endpoint: Endpoint(host: "127.0.0.1", port: 1),
            makeSource: { _, load in FakeSource(load) }
        ).run(timeline: timeline)
        let history = timeline.history
        #expect(history.current == 0 && history.measurements[0].state == .ended(.measured))
        #expect(history.measurements[0].seconds.elements.count >= 3)
        let ended = result.samples.flatMap(\.tasks).reduce(0) { $0 + $1.succeeded.count + $1.failed.count }
        // What ends after the load was stopped is told too.
        #expect(ended > 0 && history.measurements[0].total.ended == ended)
        #expect(RunSecond.Requests.totals(result.samples).map(\.ended).first == ended)
        #expect(history.measurements[0].decisions.map(\.step.users) == [3])
        #expect(history.measurements[0].decisions.allSatisfy { ($0.requests?.ended ?? 0) > 0 })
        // Nobody is wanted after the end.
        let wanted = history.measurements[0].seconds.elements.map(\.targetUsers)
        #expect(wanted.count > 3 && wanted.last == 0 && wanted.dropLast().allSatisfy { $0 == 3 })
    }

    /// Somebody asks for others while it runs.
    @Test func theUsersThatAreAskedForMeanwhileAreTheWantedOnes() async throws {
        let load = LoadConductorTests.load(.ramp([LoadStage(users: 3, spawnRate: .infinity, hold: 3)]))
        let timeline = Timeline()
        let entry = RunPlan.Entry(
            name: PlainLoad.name, title: LocalizedText(english: "", french: ""),
            time: RunPlan.Estimate(bringUp: 0, load: 0),
            tasks: load.tasks.map(\.name), criteria: [], shape: load.shape)
        try timeline.tell(.planned(RunPlan(run: nil, folder: nil, isQuick: false, stack: nil, entries: [entry])))
        _ = try await PlainLoad(
            load: load, criteria: [], endpoint: Endpoint(host: "127.0.0.1", port: 1),
            makeSource: { _, load in FakeSource(load) }, wanted: { 37 }
        ).run(timeline: timeline)
        let wanted = timeline.history.measurements[0].seconds.elements.map(\.targetUsers)
        #expect(wanted.count > 3 && wanted.last == 0 && wanted.dropLast().allSatisfy { $0 == 37 })
    }
}
