import Model
import Orchestrator
import Stacks
import TestSupport
import Testing

@Suite(.timed) struct SignalSamplerTests {
    private let start = ContinuousClock.now

    @Test func countersBecomeRatesAndValuesStay() {
        let board = SignalBoard()
        var sampler = SignalSampler()
        for second in 1...3 {
            let now = start + .seconds(second)
            board.post(.mysqlQueries, of: "mariadb", .counter(Double(second * second * 10)), at: now)
            board.post(.mysqlConnections, of: "mariadb", .value(Double(second)), at: now)
            sampler.take(board.now, at: Double(second), now: now)
        }
        board.setLimit(20, .mysqlConnections, of: "mariadb")
        sampler.take(board.now, at: 4, now: start + .seconds(3.5))
        let record = sampler.record(expected: ["mariadb", "nginx"])
        #expect(record.times == [1, 2, 3, 4])
        #expect(record.missing == ["nginx"])
        // The same reading once more is no change of a counter.
        #expect(record.series.first { $0.kind == .mysqlQueries }?.values == [nil, 30, 50, nil])
        let connections = record.series.first { $0.kind == .mysqlConnections }
        #expect(connections?.values == [1, 2, 3, 3])
        #expect(connections?.limit == 20)
    }

    @Test func oldReadingsCountForNothingButAnAnswerThatIsWaitedFor() {
        let board = SignalBoard()
        var sampler = SignalSampler()
        board.post(.redisClients, of: "redis", .value(5), at: start)
        board.post(.redisAnswer, of: "redis", .value(0.001), at: start)
        sampler.take(board.now, at: 1, now: start)
        sampler.take(board.now, at: 4, now: start + .seconds(3))
        let record = sampler.record(expected: [])
        #expect(record.series.first { $0.kind == .redisClients }?.values == [5, nil])
        #expect(record.series.first { $0.kind == .redisAnswer }?.values == [0.001, 2])
    }

    @Test func aCounterThatFellBeganAnew() {
        let board = SignalBoard()
        var sampler = SignalSampler()
        for (second, count) in [(1, 100.0), (2, 7.0)] {
            let now = start + .seconds(second)
            board.post(.redisCommands, of: "redis", .counter(count), at: now)
            sampler.take(board.now, at: Double(second), now: now)
        }
        #expect(sampler.record(expected: []).series.first?.values == [nil, 7])
    }

    @Test func aShareOfTheTimeIsNotMoreThanAllOfIt() {
        let board = SignalBoard()
        var sampler = SignalSampler()
        for (second, waited) in [(1, 10.0), (2, 10.5), (3, 11.52)] {
            let now = start + .seconds(second)
            board.post(.pressureCPU, of: "machine", .counter(waited), at: now)
            sampler.take(board.now, at: Double(second), now: now)
        }
        #expect(sampler.record(expected: []).series.first?.values == [nil, 0.5, 1])
    }

    @Test func aSignalThatComesLateHasNoValuesBefore() {
        let board = SignalBoard()
        var sampler = SignalSampler()
        sampler.take(board.now, at: 1, now: start)
        board.post(.redisClients, of: "redis", .value(1), at: start)
        sampler.take(board.now, at: 2, now: start)
        #expect(sampler.record(expected: []).series.first?.values == [nil, 1])
    }
}
