import Analysis
import Model
import TestSupport
import Testing

/// Bills worked out by hand.
@Suite(.timed) struct FaultBillTests {
    /// So many requests a second, each of 10 ms; some seconds differ.
    private static func samples(_ count: Int, rate: Int = 100, _ others: [Int: TaskSecond] = [:]) -> [SecondSample] {
        (0..<count).map { second($0, others[$0] ?? task(rate)) }
    }

    /// Failures due in a second in sixteenths from its beginning, and failed at once.
    private static func failing(
        _ succeeded: Int, _ failed: Int, in second: Int, from: Double = 0, kind: FailureKind = .refused,
        due: Int? = nil,
        ms: Int = 10
    ) -> TaskSecond {
        var seen = task(succeeded, ms: ms, failed: failed)
        seen.failures = [kind: failed]
        let slot = (due ?? second) * 1_000_000 + Int(from * 16) * 62_500
        seen.failureTimes = FailureTimes(
            first: Double(second) + from, last: Double(second) + 0.99,
            due: [kind: Distribution(ascending: [.init(microseconds: slot, count: failed)])])
        return seen
    }

    private static let criteria = [errors(0.01), p95(0.5)]

    private static func bills(
        _ faults: [FaultRecord], _ samples: [SecondSample], criteria: [Criterion] = criteria,
        budget: ErrorBudget? = nil,
        steady: Int = 3, change: (inout Measurement) -> Void = { _ in }
    ) throws -> FaultBills {
        var experiment = Experiment(
            name: "made", question: nil, title: LocalizedText(english: "", french: ""),
            stack: StackDefinition(
                backend: .mysql, replicas: 3, balancers: [.none], storeCPUs: 0.5,
                dataset: .generated(users: 1, products: 1, orders: 1, seed: 1)),
            load: LoadDefinition(
                tasks: [LoadTask(name: "any", weight: 1, method: .get, path: "/", expect: .init())],
                thinkTime: ThinkTime(minimum: 0, maximum: 0),
                shape: .ramp([LoadStage(users: 10, spawnRate: 10, hold: 20)])),
            criteria: criteria, sourceFile: "made.yaml")
        experiment.budget = budget
        var measurement = Measurement(variant: nil, stackKind: "local", began: 0)
        measurement.steps = [
            LoadStep(
                users: 10, purpose: .stage, rampBegan: 0, plateauBegan: 1, plateauEnded: samples.count, passed: true)
        ]
        measurement.faults = faults
        change(&measurement)
        return try #require(
            RecordedMeasurement(measurement: measurement, samples: samples).faultBills(of: experiment, steady: steady))
    }

    private static func kill(_ at: Seconds, index: Int = 0) -> FaultRecord {
        FaultRecord(
            index: index, fault: Fault(at: at, target: .part("store-2"), action: .kill), part: "store-2", began: at,
            done: at + 0.02)
    }

    @Test func aCleanOutageIsCountedExactly() throws {
        let bills = try Self.bills(
            [Self.kill(10.2)],
            Self.samples(
                24,
                [
                    10: Self.failing(70, 30, in: 10, from: 0.25), 11: Self.failing(0, 100, in: 11),
                    12: Self.failing(90, 10, in: 12, kind: .status(502)),
                ]), budget: ErrorBudget(objective: 0.99, period: 1000))
        let bill = try #require(bills.faults.first?.bill)
        #expect(bill.lost == 140 && bill.failed == 140)
        #expect(bill.failures == [.init(kind: .refused, count: 130), .init(kind: .status(502), count: 10)])
        #expect(bill.usualErrors == 0 && bill.open == 0 && bill.failedLater == 0)
        #expect(bill.before?.seconds == 1..<10 && bill.before?.perSecond == 100)
        #expect(bill.during?.seconds == 10..<13)
        #expect(bill.recovery == .after(13 - 10.2) && bill.withinLimits == .after(13 - 10.2))
        #expect(bill.firstFailure.map { abs($0 - 0.05) < 1e-9 } == true)
        // 160 of 300 requests.
        #expect(bill.throughputKept.map { abs($0 - 160 / 300.0) < 1e-9 } == true && bill.kept == .less)
        #expect(bill.addedP50 == 0 && bill.latencyAsBefore == .after(12 - 10.2))
        // One in a hundred of 100/s for 1000 s may fail: 1000 requests.
        #expect(bill.budgetShare.map { abs($0 - 0.14) < 1e-9 } == true)
    }

    @Test func theControlCostsNothing() throws {
        let control = try #require(
            Self.bills([Self.kill(12)], Self.samples(24, [12: Self.failing(0, 100, in: 12)])).control)
        #expect(control.began == 6 && control.lost == 0 && control.failures.isEmpty)
        #expect(control.recovery == .after(0) && control.withinLimits == .after(0))
        #expect(control.throughputKept == 1 && control.kept == .withinNoise && control.firstFailure == nil)
        let short = try Self.bills([Self.kill(4)], Self.samples(24, [4: Self.failing(0, 100, in: 4)]))
        #expect(short.control == nil, "the seconds before are too few")
    }

    /// Two of a hundred fail as a rule.
    @Test func whatFailsAsUsualIsNoLoss() throws {
        var others: [Int: TaskSecond] = [:]
        for index in 0..<30 { others[index] = Self.failing(98, 2, in: index, kind: .status(500)) }
        others[10] = Self.failing(60, 40, in: 10)
        let criteria = [errors(0.05)]
        let bills = try Self.bills([Self.kill(10)], Self.samples(30, others), criteria: criteria)
        let bill = try #require(bills.faults.first?.bill)
        #expect(abs(bill.usualErrors - 0.02) < 1e-9)
        #expect(bill.failed == 40 && bill.lost == 38 && bill.recovery == .after(1))
        #expect(bill.failedLater == 0)
        #expect(bills.control?.lost == 0 && bills.control?.recovery == .after(0))
        others[10] = nil
        let quiet = try Self.bills(
            [Self.kill(10)], Self.samples(30, others.merging([10: others[9]!]) { $1 }), criteria: criteria)
        #expect(quiet.faults.first?.bill.lost == 0 && quiet.faults.first?.bill.recovery == .after(0))
    }

    /// One request every ten seconds, or every five, as Nginx tries a dead server again: nobody waits for that to end.
    @Test(arguments: [5, 10]) func whatFailsNowAndThenPutsNothingOff(every seconds: Int) throws {
        var others = [10: Self.failing(0, 40, in: 10), 11: Self.failing(10, 30, in: 11)]
        let later = Array(stride(from: 11 + seconds, to: 60, by: seconds))
        for second in later { others[second] = Self.failing(39, 1, in: second) }
        let bills = try Self.bills([Self.kill(10)], Self.samples(62, rate: 40, others), steady: FaultBill.steady)
        let bill = try #require(bills.faults.first?.bill)
        // One of 40 is above the limit of 1 % in its own second, and below it in ten.
        #expect(bill.recovery == .after(2) && bill.withinLimits == .after(2))
        #expect(bill.lost == 70 && bill.failedLater == later.count, "none of them is forgotten")
        let lost = FaultCriterion(cost: .lost, threshold: 70, text: "lost > 70")
        #expect(FaultVerdict(lost, over: bills.faults).outcome == .met(value: Double(70 + later.count)))
    }

    @Test(arguments: [1, 2, 3]) func whatFailsAgainAndAgainIsNotSaidToHaveEnded(every seconds: Int) throws {
        var others: [Int: TaskSecond] = [:]
        let failing = Array(stride(from: 10, to: 60, by: seconds))
        for second in failing { others[second] = Self.failing(39, 1, in: second) }
        let bill = try #require(
            Self.bills([Self.kill(10)], Self.samples(60, rate: 40, others), steady: FaultBill.steady).faults.first?
                .bill)
        #expect(bill.recovery == .unknown(atLeast: Double((failing.last ?? 0) + 1 - 10), .load))
        #expect(bill.lost == failing.count && bill.failedLater == 0)
    }

    /// Beside few requests before, of which none failed, a few that fail may be chance; many are not.
    @Test func failuresAreComparedWithThoseBefore() throws {
        func recovery(_ failed: Int, before: Int) throws -> FaultBill.Recovery? {
            var others: [Int: TaskSecond] = [:]
            for second in 1..<10 { others[second] = Self.failing(100 - before, before, in: second) }
            // In the seconds after the first three.
            for second in 13..<20 { others[second] = Self.failing(100 - failed, failed, in: second) }
            return try Self.bills(
                [Self.kill(10)], Self.samples(20, others), criteria: [errors(0.5)], steady: FaultBill.steady
            ).faults.first?.bill.recovery
        }
        #expect(try recovery(0, before: 0) == .after(0))
        #expect(try recovery(1, before: 0) == .after(0), "7 of 1000 beside 0 of 900 are within chance")
        #expect(try recovery(2, before: 0) == .unknown(atLeast: 10, .load), "14 are not")
        #expect(try recovery(6, before: 5) == .after(0))
        #expect(try recovery(20, before: 5) == .unknown(atLeast: 10, .load))
    }

    /// A single bad second among ten good ones is within every limit, and no well second all the same.
    @Test func theCalmBeginsAfterTheTrouble() throws {
        let bill = try #require(
            Self.bills(
                [Self.kill(10)], Self.samples(60, [11: Self.failing(97, 3, in: 11)]), steady: FaultBill.steady
            ).faults.first?.bill)
        #expect(bill.lost == 3 && bill.recovery == .after(2) && bill.failedLater == 0)
    }

    @Test func atTheEndOfTheLoadThereIsNothingToSeeOfARecovery() throws {
        var last = task(50)
        last.due = DueSecond(open: Distribution(ascending: [.init(microseconds: 62_500, count: 7)]))
        var samples = Self.samples(21, [18: Self.failing(40, 60, in: 18)])
        samples.append(second(21, inFlight: 7, last))
        let bill = try #require(Self.bills([Self.kill(18)], samples, steady: 10).faults.first?.bill)
        #expect(bill.lost == 60 && bill.recovery == .unknown(atLeast: 1, .load))
        #expect(bill.open == 7, "they are neither lost nor answered")
    }

    @Test func ofTwoFaultsEachHasItsOwn() throws {
        let bills = try Self.bills(
            [Self.kill(10), Self.kill(20, index: 1)],
            Self.samples(
                34,
                [10: Self.failing(0, 100, in: 10), 11: Self.failing(50, 50, in: 11), 20: Self.failing(90, 10, in: 20)]))
        #expect(bills.faults.map(\.bill.lost) == [150, 10])
        #expect(bills.faults.map(\.bill.recovery) == [.after(2), .after(1)])
        #expect(bills.faults[1].bill.before?.seconds == 12..<20, "the first one's seconds are left out")
        #expect(bills.faults[0].bill.failedLater == 0)
    }

    /// The first is not over when the second begins: what was due before that is the first's, whenever it fails.
    @Test func nothingIsBilledTwice() throws {
        let bills = try Self.bills(
            [Self.kill(10), Self.kill(14, index: 1)],
            Self.samples(
                30,
                [
                    10: Self.failing(0, 100, in: 10), 11: Self.failing(0, 100, in: 11),
                    12: Self.failing(0, 100, in: 12),
                    13: task(0), 14: Self.failing(0, 100, in: 14, kind: .timeout, due: 13),
                    15: Self.failing(70, 30, in: 15),
                ]))
        #expect(bills.faults.map(\.bill.lost) == [400, 30])
        #expect(bills.faults[0].bill.recovery == .unknown(atLeast: 4, .nextFault))
        #expect(bills.faults[1].bill.recovery == .after(2))
        #expect(bills.faults[1].bill.before?.seconds == 1..<10)
    }

    @Test func faultsOfOneSecondAreBilledTogether() throws {
        let bills = try Self.bills(
            [Self.kill(10.1), Self.kill(10.3, index: 1)],
            Self.samples(24, [10: Self.failing(0, 100, in: 10, from: 0.5)]))
        #expect(bills.faults.map(\.bill.lost) == [100, 100] && bills.faults.map(\.bill.together) == [[1], [0]])
    }

    /// Requests that the fault met under way were due before it.
    @Test func whatWasUnderWayIsLostToo() throws {
        var samples = Self.samples(24)
        samples[9].tasks[0] = task(95)
        samples[10].tasks[0] = Self.failing(100, 5, in: 10, kind: .reset, due: 9)
        let bill = try #require(Self.bills([Self.kill(10.01)], samples).faults.first?.bill)
        #expect(bill.lost == 5 && bill.failures == [.init(kind: .reset, count: 5)])
        #expect(bill.recovery == .after(11 - 10.01))
    }

    /// A pause fails nobody and delays everybody.
    @Test func latencyIsWellAgainToo() throws {
        let late = Distribution(ascending: (0..<100).map { .init(microseconds: 1_010_000 + $0 * 10_000, count: 1) })
        var ended = task(100)
        ended.succeeded = .merged([ended.succeeded, late])
        ended.due = DueSecond()
        let record = FaultRecord(
            index: 0, fault: Fault(at: 10, duration: 2, target: .part("redis"), action: .pause), part: "redis",
            began: 10,
            done: 10, ended: 12)
        var samples = Self.samples(24, [10: task(0), 11: task(0), 12: ended])
        for index in [10, 11] { samples[index].inFlight = 100 }
        let bill = try #require(Self.bills([record], samples).faults.first?.bill)
        #expect(bill.lost == 0 && bill.failed == 0)
        #expect(bill.recovery == .after(2) && bill.latencyAsBefore == .after(2))
        #expect(bill.addedP95.map { $0 > 1.9 } == true)
    }

    /// While it is in force, a fault that shows late is not over.
    @Test func aFaultInForceIsNotOver() throws {
        let record = FaultRecord(
            index: 0, fault: Fault(at: 10, duration: 8, target: .part("mysql"), action: .hold(connections: 18)),
            part: "mysql", began: 10, done: 10, ended: 18)
        let bill = try #require(
            Self.bills([record], Self.samples(30, [16: Self.failing(0, 100, in: 16)])).faults.first?.bill)
        #expect(bill.recovery == .after(7) && bill.lost == 100 && bill.during?.seconds == 10..<18)
    }

    @Test func whatTheOthersTookOverIsPrometheuss() throws {
        let points: [PrometheusPoint] = (0..<40).map { second in
            let value: Double = second < 12 ? 30 : second < 16 ? 40 : 45
            return PrometheusPoint(time: 1000 + Double(second), value: value)
        }
        let gone = (0..<12).map { PrometheusPoint(time: 1000 + Double($0), value: 30) }
        let bill = try #require(
            Self.bills([Self.kill(10)], Self.samples(40, [10: Self.failing(80, 20, in: 10)])) { measurement in
                measurement.loadBegan = 1000
                measurement.scrapeInterval = 1
                measurement.prometheus = [
                    PrometheusAnswer(
                        name: "request_rate", query: "", kind: .range(from: 1000, to: 1040, step: 1),
                        series: [
                            PrometheusSeries(labels: ["replica": "store-1"], points: points),
                            PrometheusSeries(labels: ["replica": "store-2"], points: gone),
                        ])
                ]
            }.faults.first?.bill)
        let after: Double = 45 - 5 / 25
        let shares: [FaultBill.Share] = [
            .init(replica: "store-1", before: 30, after: after), .init(replica: "store-2", before: 30, after: 0),
        ]
        #expect(bill.shares == shares)
    }

    @Test func gatesAreHeldAgainstTheWorst() throws {
        let lost = FaultCriterion(cost: .lost, threshold: 10, text: "lost > 10")
        let recovery = FaultCriterion(cost: .recovery, threshold: 5, text: "recovery > 5s")
        #expect(FaultVerdict(lost, over: []).outcome == .notMeasured(.noFault))
        let over = try Self.bills([Self.kill(10)], Self.samples(24, [10: Self.failing(80, 20, in: 10)])).faults
        #expect(FaultVerdict(lost, over: over).outcome == .met(value: 20))
        #expect(FaultVerdict(recovery, over: over).outcome == .held(worst: 1))
        let endless = try Self.bills(
            [Self.kill(20)], Self.samples(24, [20: Self.failing(95, 5, in: 20)]), steady: 10
        ).faults
        #expect(FaultVerdict(lost, over: endless).outcome == .notMeasured(.notOver))
        #expect(FaultVerdict(recovery, over: endless).outcome == .notMeasured(.notOver))
        var undone = over
        undone[0].record.trouble = "no such part"
        #expect(FaultVerdict(recovery, over: undone).outcome == .notMeasured(.notDone))
        #expect(FaultVerdict(lost, over: undone).outcome == .met(value: 20))
    }

    @Test func repeatsHaveAMedianAndARange() throws {
        let bills = try [20, 40, 90].map { lost in
            try #require(
                Self.bills([Self.kill(10)], Self.samples(24, [10: Self.failing(100 - lost, lost, in: 10)])).faults
                    .first?.bill)
        }
        let repeated = try #require(RepeatedBill(bills))
        #expect(repeated.times == 3)
        #expect(repeated.lost.map { [$0.median, $0.least, $0.most] } == [40, 20, 90])
        #expect(RepeatedBill([bills[0]]) == nil)
    }
}
