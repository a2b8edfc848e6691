import Experiments
import Foundation
import Model
import TestSupport
import Testing

@Suite(.timed) struct LoadShapeTests {
    private func load(_ old: String, _ new: String) throws -> LoadDefinition {
        try withFolder { folder in
            let file = folder.appending(path: "a.yaml")
            try Data(altered(old, new).utf8).write(to: file)
            return try #require(try loadExperiments(paths: [file.path]).first).load
        }
    }

    private static let search = "find_limit: { from: 5, to: 50, hold: 10s, precision: 5% }"

    @Test(arguments: [
        ("start: 50, step: 50, hold: 30s, to: 160", [50, 100, 150, 160], LoadStage.atOnce),
        ("start: 7, step: 3, hold: 30s, to: 7, spawn_rate: 2/s", [7], 2),
    ])
    func aStaircaseIsARampOfEvenSteps(text: String, users: [Int], rate: Double) throws {
        let stages = users.map { LoadStage(users: $0, spawnRate: rate, hold: 30) }
        #expect(try load(Self.search, "staircase: { \(text) }").shape == .ramp(stages))
    }

    @Test(arguments: [("", nil), ("http: 1.1", nil), ("http: 2", 1), ("http: 2\n  streams: 32", 32)])
    func usersMayShareAConnection(text: String, streams: Int?) throws {
        #expect(try load("think_time: 1s..3s", "think_time: 1s..3s\n  " + text).streams == streams)
    }

    @Test func aRandomSeedIsDrawnAnewAndSaysSo() throws {
        let seeds = try (0..<3).map { _ in try load("seed: 7", "seed: random") }
        #expect(seeds.allSatisfy { $0.seedIsDrawn && LoadDefinition.seeds.contains($0.seed) })
        #expect(Set(seeds.map(\.seed)).count == 3)
        let fixed = try load("seed: 7", "seed: 8")
        #expect(fixed.seed == 8 && !fixed.seedIsDrawn)
    }

    @Test func agentsAreRead() throws {
        let lab = AgentAddress.ssh(user: "ann", host: "lab1", port: 2222)
        let load = try load("seed: 7", "seed: 7\n  from: [local, local, \"ssh://ann@lab1:2222\"]\n  on_loss: stop")
        #expect(load.from == [.local, .local, lab] && load.onLoss == .stop)
        #expect(try self.load("seed: 7", "seed: 7\n  from: local").from == [.local])
        let plain = try self.load("seed: 7", "seed: 8")
        #expect(plain.from == nil && plain.onLoss == nil)
        // As records hold it, and those of before.
        let data = try JSONEncoder().encode(load)
        #expect(try JSONDecoder().decode(LoadDefinition.self, from: data) == load)
        #expect(String(decoding: try JSONEncoder().encode(plain), as: UTF8.self).contains("onLoss") == false)
    }

    @Test func aTaskSaysWhatItNeedsGivesAndExpects() throws {
        let new = """
            get: "/best/${order_id}?q=${sequence(5)}"
                  forget: order_id
                  group: orders
                  headers: { X-Id: "a ${order_id}" }
                  expect: { size: 1B..2kB, headers: { ETag: "*" }, equals: { "a[0].b": 1, c: "1", d: true, e: null, f: x } }
                - name: more
                  post: /more
                  take: { order_id: "$.id", place: header Location }
            """
        let tasks = try load("get: /best\n      expect: { is: list }", new).tasks
        let task = try #require(tasks.first { $0.name == "best" })
        #expect(task.needs == ["order_id"] && task.forgets == ["order_id"] && task.group == "orders")
        #expect(task.pathPieces == [.text("/best/"), .variable("order_id"), .text("?q="), .sequence(from: 5)])
        #expect(task.headers == [HeaderTemplate(name: "X-Id", pieces: [.text("a "), .variable("order_id")])])
        #expect(task.expect.size == 1...2000)
        #expect(task.expect.headers == [ExpectedHeader(name: "ETag", value: "*")])
        #expect(task.expect.equals.map(\.path.rawValue) == ["a[0].b", "c", "d", "e", "f"])
        #expect(task.expect.equals.map(\.value) == [.number(1), .string("1"), .bool(true), .null, .string("x")])
        let path = try #require(JSONPath(rawValue: "$.id"))
        #expect(
            tasks.last?.takes == [
                Take(name: "order_id", source: .json(path)), Take(name: "place", source: .header("Location")),
            ])
    }
}
