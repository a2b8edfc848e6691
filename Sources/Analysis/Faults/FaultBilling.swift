package import Model

extension RecordedMeasurement {
    /// What each fault of the measurement cost.
    /// - Parameter steady: seconds that must be well in a row.
    /// - Returns: nil where the definition asks for no faults, or none was done.
    package func faultBills(of experiment: Experiment, steady: Int = FaultBill.steady) -> FaultBills? {
        guard let faults = measurement.faults, !faults.isEmpty, !samples.isEmpty else { return nil }
        return FaultBilling(self, experiment, steady: steady).bills(
            of: faults.sorted { ($0.began, $0.index) < ($1.began, $1.index) })
    }
}

/// Goes through a measurement's faults in the order of time.
private struct FaultBilling {
    /// Seconds before a fault without which what was usual is not known well.
    private static let leastBefore = 5

    private let recorded: RecordedMeasurement
    private let experiment: Experiment
    private let seconds: FaultSeconds
    private let steady: Int

    init(_ recorded: RecordedMeasurement, _ experiment: Experiment, steady: Int) {
        self.recorded = recorded
        self.experiment = experiment
        self.steady = max(1, steady)
        seconds = FaultSeconds(recorded.samples, criteria: experiment.criteria)
    }

    func bills(of faults: [FaultRecord]) -> FaultBills {
        var billed: [BilledFault] = []
        // Seconds in which a fault showed or was in force.
        var disturbed: [Range<Int>] = []
        var settled = 0
        let onsets = faults.map { second(of: $0.began) }
        for (index, record) in faults.enumerated() {
            let onset = onsets[index]
            let together = faults.indices.filter { $0 != index && onsets[$0] == onset }.map { faults[$0].index }
            if let same = billed.last, together.contains(same.record.index) {
                var bill = same.bill
                (bill.began, bill.done, bill.together) = (record.began, record.done, together)
                billed.append(BilledFault(record: record, bill: bill))
                continue
            }
            let level = level(at: onset)
            let next = onsets[index...].first { $0 > onset }
            let group = faults.indices.filter { onsets[$0] == onset }.map { faults[$0] }
            let horizon = min(next ?? .max, level.upperBound, seconds.end)
            let inForce = group.compactMap { Self.isLasting($0) ? Self.end(of: $0, horizon: horizon) : nil }.max()
            let quiet = quietRuns(in: level.lowerBound..<onset, without: disturbed)
            var bill = bill(
                Question(
                    began: record.began, done: record.done,
                    before: quiet.last { $0.count >= Self.leastBefore } ?? quiet.max { $0.count < $1.count },
                    horizon: horizon, end: horizon == next ? .nextFault : .load, inForceUntil: inForce,
                    dueFrom: settled))
            bill.together = together
            settled = bill.untilWell ?? horizon
            disturbed.append(onset..<max(onset + 1, settled, min(inForce ?? 0, horizon)))
            billed.append(BilledFault(record: record, bill: bill))
        }
        return FaultBills(faults: billed, control: control(onsets, disturbed))
    }

    /// What a damaged record gives too large lies at the load's end.
    private func second(of time: Seconds) -> Int { Int(min(max(0, time), Double(seconds.end)).rounded(.down)) }

    private static func isLasting(_ record: FaultRecord) -> Bool {
        switch record.fault.action {
        case .kill, .start: false
        case .pause, .slow, .cut, .bandwidth, .throttle, .hold: true
        }
    }

    private static func end(of record: FaultRecord, horizon: Int) -> Int {
        record.ended.map { Int(min(max(0, $0), 1e9).rounded(.up)) } ?? horizon
    }

    // MARK: Which seconds

    /// The seconds of the load's level around a second, without the ramp to it. A plateau's own beginning may lie after the
    /// fault: what a fault does at its beginning looks like a warm-up.
    private func level(at second: Int) -> Range<Int> {
        for (index, step) in recorded.measurement.steps.enumerated() {
            let began = levelBegan(step, index)
            if began <= second, second < step.plateauEnded, second < seconds.end {
                let isKnown = second >= step.plateauBegan &+ Self.leastBefore
                return max(0, isKnown ? step.plateauBegan : began)..<step.plateauEnded
            }
        }
        let next = recorded.measurement.steps.map { self.second(of: $0.rampBegan) }.filter { $0 > second }.min()
        // The last sample may be less than a second.
        return second..<max(second, next ?? seconds.end - 1)
    }

    private func levelBegan(_ step: LoadStep, _ index: Int) -> Int {
        if case .rate(let stages, _) = experiment.load.shape {
            let ramp = stages.indices.contains(index) ? stages[index].ramp : 0
            return min(step.plateauBegan, second(of: (step.rampBegan + ramp).rounded(.up)))
        }
        let first = recorded.samples.first { Double($0.second) >= step.rampBegan && $0.users == step.users }
        return min(step.plateauBegan, first.map { $0.second + 1 } ?? step.plateauBegan)
    }

    /// - Returns: in order, without those in which a fault showed.
    private func quietRuns(in range: Range<Int>, without disturbed: [Range<Int>]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for second in range
        where seconds.place(of: second) != nil && !disturbed.contains(where: { $0.contains(second) }) {
            if let last = runs.last, last.upperBound == second {
                runs[runs.count - 1] = last.lowerBound..<second + 1
            } else {
                runs.append(second..<second + 1)
            }
        }
        return runs
    }

    /// In the middle of the longest stretch before a fault in which nothing was done and nothing showed.
    private func control(_ onsets: [Int], _ disturbed: [Range<Int>]) -> FaultBill? {
        let runs = onsets.flatMap { quietRuns(in: level(at: $0).lowerBound..<$0, without: disturbed) }
        guard let run = runs.max(by: { $0.count < $1.count }), run.count >= Self.leastBefore + steady else {
            return nil
        }
        let second = max(
            run.lowerBound + Self.leastBefore, min((run.lowerBound + run.upperBound) / 2, run.upperBound - steady))
        return bill(
            Question(
                began: Double(second), done: Double(second), before: run.lowerBound..<second, horizon: run.upperBound,
                end: .nextFault, inForceUntil: nil, dueFrom: second))
    }

    // MARK: One bill

    /// What a bill is made of.
    private struct Question {
        var began: Seconds
        var done: Seconds
        var before: Range<Int>?
        /// The end of the seconds that are its own.
        var horizon: Int
        var end: FaultBill.End
        /// nil of what has no end.
        var inForceUntil: Int?
        /// Requests due earlier belong to the fault before.
        var dueFrom: Int
    }

    private func bill(_ question: Question) -> FaultBill {
        let onset = second(of: question.began)
        let own = onset..<max(onset, question.horizon)
        var ledger = seconds.failures(from: onset)
        ledger.gather(into: onset, dueFrom: question.dueFrom)
        let usual = usualErrors(question.before)
        func tally(_ span: Range<Int>) -> (failed: Int, ended: Int) {
            let failed = ledger.count(in: span)
            return (failed, failed + span.reduce(0) { $0 + seconds.succeeded(dueIn: $1) })
        }
        func isUsual(_ span: Range<Int>) -> Bool {
            let (failed, ended) = tally(span)
            return BinomialTest.chance(of: failed, orMoreOf: ended, share: usual.share) >= FaultBill.chance
        }
        func excess(_ span: Range<Int>) -> Int {
            let (failed, ended) = tally(span)
            guard failed > 0, !isUsual(span) else { return 0 }
            return max(0, failed - Int((usual.share * Double(ended)).rounded()))
        }
        func keeps(_ span: Range<Int>) -> Bool { seconds.keepsLimits(span, failed: ledger.count(in: span)) }
        /// The seconds before are few, so that they may lack by chance what fails now and then.
        func isLikeBefore(_ span: Range<Int>) -> Bool {
            let (failed, ended) = tally(span)
            return FisherTest.chance(of: failed, orMoreOf: ended, beside: usual.failed, of: usual.ended)
                >= FaultBill.chance
        }
        let limits = Calm(own, keeps) { keeps($0) }
        let well = Calm(own, { keeps($0) && isUsual($0) }) { keeps($0) && isLikeBefore($0) }
        let recovered = firstSteady(well, question)
        let until = recovered ?? own.upperBound
        let lost = excess(onset..<until)
        let during =
            onset..<min(
                own.upperBound, max(until, question.inForceUntil ?? 0, until == onset ? onset + steady : until))
        let (before, meanwhile) = (question.before.flatMap(seconds.stretch), seconds.stretch(during))
        let failures = ledger.kinds(in: onset..<until)
        var bill = FaultBill(
            began: question.began, done: question.done, before: before, usualErrors: usual.share, during: meanwhile,
            firstFailure: failures.isEmpty ? nil : ledger.firstEnd(from: question.began).map { $0 - question.began },
            failures: failures, lost: lost, open: seconds.open(dueIn: min(question.dueFrom, onset)..<until),
            failedLater: excess(until..<own.upperBound), budgetShare: nil, throughputKept: nil, kept: .unknown,
            recovery: recovery(well, question), withinLimits: recovery(limits, question),
            latencyAsBefore: latencyAsBefore(own, ledger, question), shares: [], together: [])
        bill.budgetShare = experiment.budget.flatMap { budgetShare(lost: lost, of: $0, before: question.before) }
        if let before, let meanwhile, before.perSecond > 0 {
            bill.throughputKept = meanwhile.perSecond / before.perSecond
            bill.kept = kept(before, meanwhile)
        }
        bill.shares = recorded.measurement.rates(
            before: question.before, after: (recovered ?? onset)..<own.upperBound, onset: question.began)
        bill.untilWell = recovered
        return bill
    }

    private func usualErrors(_ before: Range<Int>?) -> (failed: Int, ended: Int, share: Share) {
        let ended = before.map(seconds.ended) ?? []
        let (succeeded, failed) = ended.reduce((0, 0)) { ($0.0 + $1.succeeded, $0.1 + $1.failed) }
        return (failed, succeeded + failed, failed == 0 ? 0 : Double(failed) / Double(succeeded + failed))
    }

    /// How seconds came out, each by itself and some together.
    private struct Calm {
        let own: Range<Int>
        let alone: [Bool]
        let together: (Range<Int>) -> Bool

        init(_ own: Range<Int>, _ alone: (Range<Int>) -> Bool, together: @escaping (Range<Int>) -> Bool) {
            self.own = own
            self.alone = own.map { alone($0..<$0 + 1) }
            self.together = together
        }

        func holds(alone span: Range<Int>) -> Bool { span.allSatisfy { alone[$0 - own.lowerBound] } }
    }

    /// The first second that begins a calm, and from which every `steady` seconds together are as they should be, for as long as
    /// the fault is in force.
    private func firstSteady(_ calm: Calm, _ question: Question) -> Int? {
        let (own, alone) = (calm.own, min(FaultBill.calm, steady))
        return own.first { start in
            let until = max(start + steady, question.inForceUntil ?? 0)
            return until <= own.upperBound && calm.holds(alone: start..<start + alone)
                && (start...until - steady).allSatisfy { calm.together($0..<$0 + steady) }
        }
    }

    private func recovery(_ calm: Calm, _ question: Question) -> FaultBill.Recovery {
        if let second = firstSteady(calm, question) { return .after(max(0, Double(second) - question.began)) }
        let last = calm.alone.lastIndex(of: false).map { Double(calm.own.lowerBound + $0 + 1) - question.began } ?? 0
        return .unknown(atLeast: max(0, last), question.end)
    }

    private func latencyAsBefore(
        _ own: Range<Int>, _ ledger: FailureLedger, _ question: Question
    ) -> FaultBill.Recovery? {
        guard let before = question.before,
            let slowest = before.compactMap({ seconds.latencies(dueIn: $0..<$0 + 1).percentile(95) }).max()
        else { return nil }
        let bound = slowest * (1 + RunSpread.latency)
        func isFast(_ span: Range<Int>) -> Bool {
            // Where none succeeded, nobody had anything to ask, or nobody was answered.
            guard let p95 = seconds.latencies(dueIn: span).percentile(95) else {
                return ledger.count(in: span) == 0 && seconds.keepsLimits(span, failed: 0)
            }
            return p95 <= bound && !seconds.isStuck(in: span)
        }
        return recovery(Calm(own, isFast) { isFast($0) }, question)
    }

    /// At the rate before.
    private func budgetShare(lost: Int, of budget: ErrorBudget, before: Range<Int>?) -> Share? {
        let ended = before.map(seconds.ended) ?? []
        let all = ended.reduce(0) { $0 + $1.succeeded + $1.failed }
        guard all > 0, budget.objective < 1, budget.period > 0 else { return nil }
        let permitted = (1 - budget.objective) * Double(all) / Double(ended.count) * budget.period
        return Double(lost) / permitted
    }

    /// By Student's t over the seconds before, one-sided at 0.1 %. A request more or less at either end of the seconds during
    /// is no loss.
    private func kept(_ before: FaultBill.Stretch, _ during: FaultBill.Stretch) -> FaultBill.Kept {
        let counts = seconds.ended(in: before.seconds).map { Double($0.succeeded) }
        guard counts.count >= 2, !during.seconds.isEmpty else { return .unknown }
        let (n, k) = (Double(counts.count), Double(during.seconds.count))
        let variance = counts.reduce(0) { $0 + ($1 - before.perSecond) * ($1 - before.perSecond) } / (n - 1)
        let reach = Student.quantile(tails: 0.002, freedom: n - 1) * (variance * (1 / n + 1 / k)).squareRoot()
        return before.perSecond - during.perSecond > max(reach, 2 / k) ? .less : .withinNoise
    }
}

extension Measurement {
    /// Per replica, the mean rates of what Prometheus counted. A rate looks back over a window, so that the first ones after a
    /// change are left out; where the record does not say how long it is, none is known.
    fileprivate func rates(before: Range<Int>?, after: Range<Int>, onset: Seconds) -> [FaultBill.Share] {
        guard let before, let loadBegan, let scrapeInterval, case .value(let answer) = answer(named: "request_rate")
        else {
            return []
        }
        let window = 4 * scrapeInterval
        func mean(_ series: PrometheusSeries, _ from: Double, _ to: Double) -> Double? {
            let values = series.points.filter { from <= $0.time - loadBegan && $0.time - loadBegan < to }.compactMap(
                \.value)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        return answer.series.compactMap { series -> FaultBill.Share? in
            guard let replica = series.labels["replica"] ?? series.labels["instance"],
                let earlier = mean(series, Double(before.lowerBound) + window, min(Double(before.upperBound), onset))
            else { return nil }
            let isOver = Double(after.lowerBound) + window < Double(after.upperBound)
            guard isOver else { return nil }
            // A replica that is gone has no value any more.
            let later = mean(series, Double(after.lowerBound) + window, Double(after.upperBound)) ?? 0
            return FaultBill.Share(replica: replica, before: earlier, after: later)
        }.sorted { isInNaturalOrder($0.replica, $1.replica) }
    }
}
