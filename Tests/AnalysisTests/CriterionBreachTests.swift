import Analysis
import Foundation
import Model
import TestSupport
import Testing

@Suite(.timed) struct CriterionBreachTests {
    @Test func nothingBreaksOnAQuietPlateau() {
        let samples = (0..<10).map { second($0, task(50), task(50)) }
        #expect(firstBreach(of: [errors(0.01), p95(0.5)], in: samples, taskNames: ["a", "b"]) == nil)
        #expect(firstBreach(of: [], in: samples, taskNames: ["a", "b"]) == nil)
        #expect(firstBreach(of: [errors(0.01)], in: [], taskNames: ["a"]) == nil)
    }

    @Test func anErrorRateIsTakenOverTheWindowAndNotOverASecond() {
        // 2 of 50 failed in one second: 4 % of it, 0.8 % of five seconds.
        let samples = (100..<110).map { second($0, task(50, failed: $0 == 105 ? 2 : 0)) }
        #expect(firstBreach(of: [errors(0.01)], in: samples, taskNames: ["a"]) == nil)
        let short = firstBreach(of: [errors(0.01, window: 1)], in: samples, taskNames: ["a"])
        #expect(short?.seconds == 105..<106)
        #expect(short?.value == 2.0 / 52)
        #expect(short?.task == nil)
    }

    @Test func exactlyAtTheThresholdIsNotAboveIt() {
        let samples = (0..<5).map { second($0, task(99, failed: 1)) }
        #expect(firstBreach(of: [errors(0.01)], in: samples, taskNames: ["a"]) == nil)
        let slow = (0..<5).map { second($0, task(100, ms: 500)) }
        #expect(firstBreach(of: [p95(0.5)], in: slow, taskNames: ["a"]) == nil)
        #expect(firstBreach(of: [p95(0.499)], in: slow, taskNames: ["a"]) != nil)
    }

    @Test func oneTaskMayBreakWhatAllTogetherHold() {
        let samples = (0..<5).map { second($0, task(970), task(27, failed: 3)) }
        let breach = firstBreach(of: [errors(0.01)], in: samples, taskNames: ["reads", "writes"])
        #expect(breach?.task == "writes")
        #expect(breach?.value == 0.1)
        #expect(breach?.seconds == 0..<5)
    }

    @Test func theEarliestWindowWinsThenTheEarlierLimit() {
        // Latency breaks from second 0 on, errors from second 7 on.
        let samples = (0..<10).map { second($0, task(50, ms: 900, failed: $0 >= 7 ? 50 : 0)) }
        let breach = firstBreach(of: [errors(0.01), p95(0.5)], in: samples, taskNames: ["a"])
        #expect(breach?.criterion.metric == .p95)
        #expect(breach?.seconds == 0..<5)
        #expect(breach?.value == 0.9)
        let both = (0..<5).map { second($0, task(50, ms: 900, failed: 50)) }
        #expect(firstBreach(of: [p95(0.5), errors(0.01)], in: both, taskNames: ["a"])?.criterion.metric == .p95)
        #expect(firstBreach(of: [errors(0.01), p95(0.5)], in: both, taskNames: ["a"])?.criterion.metric == .errorRate)
    }

    @Test func aPercentileIsThatOfTheMergedWindow() {
        // 4 of 100 are slow: p95 holds, p99 breaks; 6 of 100: p95 breaks.
        func samples(slow: Int) -> [SecondSample] {
            (0..<5).map { index in
                let parts = [many(100 - slow, ms: 10), many(slow, ms: 800)]
                return second(index, TaskSecond(succeeded: .merged(parts), due: DueSecond()))
            }
        }
        #expect(firstBreach(of: [p95(0.5)], in: samples(slow: 4), taskNames: ["a"]) == nil)
        #expect(firstBreach(of: [p95(0.5)], in: samples(slow: 5), taskNames: ["a"]) == nil)
        #expect(firstBreach(of: [p95(0.5)], in: samples(slow: 6), taskNames: ["a"])?.value == 0.8)
        let p99 = Criterion(metric: .p99, threshold: 0.5, window: 5, text: "p99")
        #expect(firstBreach(of: [p99], in: samples(slow: 4), taskNames: ["a"]) != nil)
    }

    @Test func aMeanIsJudgedToo() {
        let mean = Criterion(metric: .mean, threshold: 0.1, window: 5, text: "mean")
        let samples = (0..<5).map { second($0, TaskSecond(succeeded: .merged([many(50, ms: 50), many(50, ms: 170)]))) }
        #expect(abs((firstBreach(of: [mean], in: samples, taskNames: ["a"])?.value ?? 0) - 0.11) < 1e-9)
        #expect(firstBreach(of: [mean], in: (0..<5).map { second($0, task(50, ms: 99)) }, taskNames: ["a"]) == nil)
    }

    @Test func aFailureHasALatencyOfAtLeastWhatItTook() {
        func samples(ms: Int) -> [SecondSample] {
            (0..<5).map {
                second($0, TaskSecond(succeeded: many(50, ms: 10), failed: many(50, ms: ms), due: DueSecond()))
            }
        }
        #expect(firstBreach(of: [p95(0.5)], in: samples(ms: 600), taskNames: ["a"])?.value == 0.6)
        // Less than the threshold says nothing of it.
        #expect(firstBreach(of: [p95(0.5)], in: samples(ms: 500), taskNames: ["a"]) == nil)
        let mean = Criterion(metric: .mean, threshold: 0.5, window: 5, text: "mean")
        #expect(firstBreach(of: [mean], in: samples(ms: 600), taskNames: ["a"]) == nil)
        let low = Criterion(metric: .mean, threshold: 0.3, window: 5, text: "mean")
        #expect(abs((firstBreach(of: [low], in: samples(ms: 600), taskNames: ["a"])?.value ?? 0) - 0.305) < 1e-9)
    }

    @Test func silenceWhileRequestsAreInFlightIsAFullErrorRate() {
        let stuck = (0..<10).map { second($0, inFlight: $0 >= 4 ? 10 : 0, task($0 < 4 ? 50 : 0)) }
        let breach = firstBreach(of: [errors(0.01)], in: stuck, taskNames: ["a"])
        #expect(breach?.value == 1)
        #expect(breach?.task == nil)
        #expect(breach?.seconds == 4..<9)
        // All users think, nothing is in flight: no error.
        let idle = (0..<10).map { second($0, inFlight: $0 == 3 ? 1 : 0, task(0)) }
        #expect(firstBreach(of: [errors(0.01)], in: idle, taskNames: ["a"]) == nil)
    }

    @Test func aPlateauShorterThanTheWindowIsOneWindow() {
        let samples = (0..<3).map { second($0, task(50, failed: 1)) }
        #expect(firstBreach(of: [errors(0.01, window: 30)], in: samples, taskNames: ["a"])?.seconds == 0..<3)
    }

    @Test func aWindowIsRoundedUpToWholeSeconds() {
        let samples = (0..<10).map { second($0, task(50, failed: 1)) }
        #expect(firstBreach(of: [errors(0.01, window: 2.5)], in: samples, taskNames: ["a"])?.seconds == 0..<3)
        #expect(firstBreach(of: [errors(0.01, window: 0)], in: samples, taskNames: ["a"])?.seconds == 0..<1)
    }

    @Test func fewSuccessesAreJudgedOverTheWholePlateau() {
        // 3 a second: 15 in a window of 5, 30 on the plateau.
        let slow = (0..<10).map { second($0, task(3, ms: 900)) }
        #expect(firstBreach(of: [p95(0.5)], in: slow, taskNames: ["a"])?.seconds == 0..<10)
        // One of five may be chance; two are hardly.
        func few(slow: Int) -> [SecondSample] {
            (0..<5).map { second($0, task(1, ms: $0 < slow ? 900 : 10)) }
        }
        #expect(firstBreach(of: [p95(0.5)], in: few(slow: 1), taskNames: ["a"]) == nil)
        #expect(firstBreach(of: [p95(0.5)], in: few(slow: 2), taskNames: ["a"])?.seconds == 0..<5)
    }

    @Test func agreesWithMergingEveryWindow() {
        var state: UInt64 = 3
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let samples = (0..<60).map { index in
            second(
                index,
                TaskSecond(
                    succeeded: latencies((0..<(20 + random(20))).map { _ in random(600) }), due: DueSecond()))
        }
        for threshold in [0.4, 0.55, 0.57, 0.58, 0.59] {
            let limit = p95(threshold)
            let windows = (0...55).map { samples[$0..<$0 + 5].map { $0.tasks[0].succeeded } }
            let expected = windows.firstIndex { (Distribution.merged($0).percentile(95) ?? 0) > threshold }
            #expect(firstBreach(of: [limit], in: samples, taskNames: ["a"])?.seconds.lowerBound == expected)
        }
    }

    /// Sums that slide and sums that are made anew for every window find the same, whatever the metric and the window.
    @Test(arguments: CriterionMetric.allCases) func slidingSumsAreExact(metric: CriterionMetric) {
        var random = Congruential(state: 11)
        for _ in 0..<200 {
            let samples = (0..<1 + random.next(40)).map { index in
                second(
                    index, inFlight: random.next(2),
                    TaskSecond(
                        succeeded: latencies((0..<random.next(30)).map { _ in random.next(600) }),
                        failed: many(random.next(3), ms: 1), due: DueSecond()))
            }
            let threshold = metric == .errorRate ? Double(random.next(10)) / 100 : Double(random.next(600)) / 1000
            let limit = Criterion(metric: metric, threshold: threshold, window: Double(1 + random.next(8)), text: "")
            let found = firstBreach(of: [limit], in: samples, taskNames: [])
            #expect(found?.seconds == naiveBreach(of: limit, in: samples))
        }
    }

    /// The definition, word for word, of all tasks together.
    private func naiveBreach(of limit: Criterion, in samples: [SecondSample]) -> Range<Int>? {
        let length = min(samples.count, Int(limit.window))
        let windows = (0...samples.count - length).map { $0..<$0 + length }
        func all(_ window: Range<Int>) -> Distribution { .merged(samples[window].map { $0.tasks[0].succeeded }) }
        func failed(_ window: Range<Int>) -> Int { samples[window].reduce(0) { $0 + $1.tasks[0].failed.count } }
        func isSilent(_ window: Range<Int>) -> Bool {
            limit.metric == .errorRate && samples[window].allSatisfy { $0.inFlight > 0 }
                && all(window).count + failed(window) == 0
        }
        func judged(_ window: Range<Int>) -> Int {
            all(window).count + (limit.metric == .errorRate ? failed(window) : 0)
        }
        func above(_ window: Range<Int>) -> Int {
            limit.metric == .errorRate
                ? failed(window)
                : all(window).buckets.reduce(0) {
                    $0 + (Double($1.microseconds) / 1_000_000 > limit.threshold ? $1.count : 0)
                }
        }
        func isMet(_ window: Range<Int>) -> Bool {
            if isSilent(window) { return true }
            if judged(window) == 0 { return false }
            if limit.metric == .errorRate { return Double(failed(window)) / Double(judged(window)) > limit.threshold }
            return (limit.metric.percentile.map { all(window).percentile($0) ?? 0 } ?? all(window).mean ?? 0)
                > limit.threshold
        }
        func isSignificant(_ window: Range<Int>, _ level: Double) -> Bool {
            let share = limit.metric.percentile.map { 1 - $0 / 100 } ?? (limit.metric == .mean ? 0.5 : limit.threshold)
            return isMet(window) && tail(above(window), judged(window), share) < level
        }
        func isEnough(_ window: Range<Int>) -> Bool { judged(window) >= limit.neededRequests || isSilent(window) }
        if windows.contains(where: isEnough) {
            return windows.first { isEnough($0) ? isMet($0) : isSignificant($0, 0.05 / Double(windows.count)) }
        }
        let whole = samples.indices
        return (isEnough(whole) ? isMet(whole) : isSignificant(whole, 0.05)) ? whole : nil
    }

    /// P(X ≥ above) of a binomial distribution, by adding up the other side.
    private func tail(_ above: Int, _ count: Int, _ share: Double) -> Double {
        if share == 0 { return above > 0 ? 0 : 1 }
        var (term, below) = (pow(1 - share, Double(count)), 0.0)
        for number in 0..<above {
            below += term
            term *= Double(count - number) / Double(number + 1) * share / (1 - share)
        }
        return 1 - below
    }
}

/// Random numbers that are the same at each call of a test.
private struct Congruential {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
