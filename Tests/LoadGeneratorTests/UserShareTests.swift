import LoadGenerator
import Model
import TestSupport
import Testing

/// Users of which one loop has too few descriptors.
@Suite(.timed) struct UserShareTests {
    @Test(arguments: [(1, 1), (5, 1), (9, 1), (25, 1), (25, 2), (40, 3), (7, 4)])
    func everyUserIsOneLoops(users: Int, threads: Int) {
        let shares = UserShare.plan(users: users, threads: threads, room: 8)
        #expect(shares.count == max(threads, (users + 7) / 8))
        for all in 0...users {
            let numbers = shares.flatMap { share in (0..<share.count(of: all)).map(share.number) }
            #expect(numbers.sorted() == Array(0..<all))
            #expect(shares.allSatisfy { $0.count(of: all) <= 8 })
        }
        // Those who come in the place of others are none of them.
        let ordinals = shares.flatMap { share in (0..<20).map(share.ordinal) }
        #expect(Set(ordinals).count == ordinals.count)
    }

    /// Of several generators each has its own users, with the numbers that they have in a load of one.
    @Test(arguments: [(1, 1), (2, 1), (3, 2)], [1, 7, 25])
    func everyUserIsOneGenerators(of shape: (generators: Int, threads: Int), users: Int) {
        let shares = (0..<shape.generators).flatMap { index in
            UserShare.plan(
                users: users, threads: shape.threads, room: 5, part: LoadPart(index: index, of: shape.generators))
        }
        for all in 0...users {
            let numbers = shares.flatMap { share in (0..<share.count(of: all)).map(share.number) }
            #expect(numbers.sorted() == Array(0..<all))
        }
        let ordinals = shares.flatMap { share in (0..<20).map(share.ordinal) }
        #expect(Set(ordinals).count == ordinals.count)
    }

    @Test func usersGoToFurtherLoopsOnlyWhereTheFirstOnesAreFull() {
        let shares = UserShare.plan(users: 20, threads: 2, room: 8)
        #expect(shares.map(\.isSpare) == [false, false, true])
        #expect(shares.map { $0.count(of: 16) } == [8, 8, 0])
        #expect(shares.map { $0.count(of: 17) } == [8, 8, 1])
        // More than were planned are refused descriptors, not left out.
        #expect(shares.map { $0.count(of: 40) } == [8, 8, 24])
    }

    @Test func loopsThatShareTheirDescriptorsAreThoseThatWereAskedFor() {
        let shares = UserShare.plan(users: 100_000, threads: 2, room: nil)
        #expect(shares.map { $0.count(of: 100_000) } == [50_000, 50_000])
    }

    @Test func usersOfAllLoopsAreServed() async throws {
        try await TestServer.with(.answer(TestServer.json("[]"))) { server, port in
            let task = LoadTask(
                name: "report", weight: 1, method: .get, path: "/", expect: .init(status: 200, jsonKind: .list))
            let load = LoadDefinition(
                tasks: [task], thinkTime: ThinkTime(minimum: 0.05, maximum: 0.15),
                shape: .ramp([LoadStage(users: 100, spawnRate: 100, hold: 1)]))
            let generator = try LoadGenerator(
                endpoint: .init(host: "127.0.0.1", port: port), load: load, options: .init(room: 30))
            let samples = generator.start()
            generator.setUsers(20, ratePerSecond: .infinity)
            var totals = Totals()
            for await sample in samples {
                totals.samples.append(sample)
                if totals.samples.count == 1 { generator.setUsers(100, ratePerSecond: .infinity) }
                if totals.samples.count == 4 { break }
            }
            totals.report = await generator.stop()
            for await sample in samples { totals.samples.append(sample) }
            totals.expectConsistent()
            #expect(totals.failed == 0)
            #expect(server.seen.connections == 100)
            #expect(totals.samples.map(\.users).max() == 100)
            // Threads without users say nothing of how they do.
            #expect(totals.samples.first?.generator?.loops.count == 1)
            #expect(totals.samples[3].generator?.loops.count == 4)
            #expect(totals.report.threads == 4 && totals.report.loops.count == 4)
            #expect(totals.report.fewestDescriptorsLeft == 20)
        }
    }
}
