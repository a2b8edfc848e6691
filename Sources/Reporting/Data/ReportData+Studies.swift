import Analysis
import Model

extension ReportData {
    /// All that is in a run's reports.
    package init(_ studied: StudiedRun) {
        let manifest = studied.run.manifest
        run = manifest.id
        version = manifest.version
        commit = manifest.commit
        began = manifest.began
        quick = manifest.quick
        host = manifest.host
        experiments = studied.run.experiments.indices.map { index in
            let experiment = studied.run.experiments[index].experiment
            let studies = studied.studies[index] + studied.repetitions[index].joined()
            return Section(
                name: experiment.name, question: experiment.question, limits: experiment.criteria.map(\.text),
                measurements: studies.map(Entry.init))
        }
        missing =
            studied.run.faults
            + studied.run.experiments.flatMap { recorded in
                recorded.allMeasurements.flatMap { measured in measured.faults.map { "\(recorded.folder): \($0)" } }
            }
    }
}

extension ReportData.Entry {
    init(_ study: Study) {
        let measurement = study.measurement
        variant = measurement.variant
        repetition = measurement.repetition
        stack = measurement.stackKind
        switch measurement.outcome {
        case .measured: outcome = "measured"
        case .interrupted: outcome = "interrupted"
        case .failed(let phase, let why):
            outcome = "failed"
            reason = "\(phase.rawValue): \(why)"
        }
        answer = study.answer.map { answer in
            ReportData.Answer(
                passed: answer.passing?.step.users, failed: answer.failing?.step.users, width: answer.width,
                estimate: answer.estimate.map(ReportData.Estimate.init),
                atCommonSpeed: answer.atCommonSpeed.map(ReportData.Estimate.init),
                confirmed: answer.confirmed, generatorLimited: answer.generatorLimited)
        }
        policy = study.policy?.excerpt
        totals = ReportData.Total.of(study)
        let traces = study.recorded.looksForSigns ? study.recorded.signs : []
        steps = study.steps.map {
            ReportData.Step($0, groups: study.groups(of: $0), speed: study.speed, signs: traces)
        }
        signs = study.recorded.looksForSigns ? traces.map(ReportData.Sign.init) : nil
        if case .value(let shares) = measurement.replicaShares() {
            replicas = shares.map {
                ReportData.Replica(name: $0.replica, requests: $0.requests, share: $0.share, errors: $0.errors)
            }
        }
        faults = study.bills?.faults.map { billed in
            ReportData.Fault(
                name: billed.record.title, part: billed.record.part, ended: billed.record.ended,
                trouble: billed.record.trouble, bill: ReportData.Bill(billed.bill))
        }
        control = (study.bills?.control).map(ReportData.Bill.init)
    }
}

extension ReportData.Total {
    fileprivate static func of(_ study: Study) -> [ReportData.Total]? {
        let samples = study.recorded.samples
        guard !samples.isEmpty else { return nil }
        let each = study.tasks.enumerated().map { index, task in
            samples.reduce(into: ReportData.Total(task: task.name, count: 0, failed: 0)) { total, sample in
                guard sample.tasks.indices.contains(index) else { return }
                total.count += sample.tasks[index].succeeded.count + sample.tasks[index].failed.count
                total.failed += sample.tasks[index].failed.count
            }
        }
        let all = each.reduce(into: ReportData.Total(task: nil, count: 0, failed: 0)) { total, task in
            total.count += task.count
            total.failed += task.failed
        }
        return [all] + each
    }
}

extension ReportData.Step {
    init(_ judged: JudgedStep, groups: [RequestSummary], speed: MachineSpeed?, signs: [SignTrace]) {
        switch judged.step.level {
        case .users(let number): users = number
        case .arrivals(let rate): arrivalsPerSecond = rate
        }
        purpose = judged.step.purpose.rawValue
        from = judged.step.plateauBegan
        to = judged.step.plateauEnded
        passed = judged.passed
        validity = judged.validity?.verdict.rawValue
        machineSpeed = speed?.relative(over: judged.plateau)
        ordersBegan = judged.step.ordersBegan
        ordersEnded = judged.step.ordersEnded
        breach = judged.breach.map {
            ReportData.Breach(
                limit: $0.criterion.text, task: $0.task, value: $0.value, from: $0.seconds.lowerBound,
                to: $0.seconds.upperBound)
        }
        requests = judged.summary.map { [$0.all] + $0.tasks }?.map(ReportData.Requests.init) ?? []
        self.groups = groups.isEmpty ? nil : groups.map(ReportData.Requests.init)
        let seen = signs.map { ($0.kind.rawValue, $0.count(judged.span)) }.filter { $0.1 > 0 }
        self.signs = seen.isEmpty ? nil : Dictionary(seen, uniquingKeysWith: max)
    }
}

extension ReportData.Sign {
    init(_ trace: SignTrace) {
        kind = trace.kind.rawValue
        source = trace.source.rawValue
        part = trace.component
        seconds = trace.counts.keys.sorted()
        counts = seconds.map { trace.counts[$0] ?? 0 }
        example = trace.example.isEmpty ? nil : SignExcerpt.shown(trace.example, of: trace.kind)
    }
}

extension ReportData.Bill {
    init(_ bill: FaultBill) {
        (began, done, firstFailure) = (bill.began, bill.done, bill.firstFailure)
        (lost, failed, usualErrors) = (bill.lost, bill.failed, bill.usualErrors)
        kinds = bill.failures.reduce(into: [:]) { $0[$1.kind.rawValue] = $1.count }
        (budgetShare, throughputKept) = (bill.budgetShare, bill.throughputKept)
        throughputLost = bill.kept == .unknown ? nil : bill.kept == .less
        (p50Before, p50During) = (bill.before?.p50, bill.during?.p50)
        (p95Before, p95During) = (bill.before?.p95, bill.during?.p95)
        recovery = Self.seconds(bill.recovery)
        withinLimits = Self.seconds(bill.withinLimits)
        latencyAsBefore = bill.latencyAsBefore.flatMap(Self.seconds)
        if case .unknown(let least, _) = bill.recovery { unwell = least }
        (open, failedLater) = (bill.open, bill.failedLater)
    }

    private static func seconds(_ recovery: FaultBill.Recovery) -> Seconds? {
        guard case .after(let seconds) = recovery else { return nil }
        return seconds
    }
}

extension ReportData.Requests {
    init(_ summary: RequestSummary) {
        task = summary.task
        count = summary.requests
        perSecond = summary.rate
        failed = summary.failed.count
        errorRate = summary.errorRate
        succeeded = ReportData.Latencies(summary.succeeded)
        failures = ReportData.Latencies(summary.failed)
        firstByte = summary.firstByte.count > 0 ? ReportData.Latencies(summary.firstByte) : nil
        kinds = summary.failures.reduce(into: [:]) { $0[$1.kind.rawValue] = $1.count }
    }
}

extension ReportData.Estimate {
    init(_ estimate: LimitEstimate) {
        self.init(
            users: estimate.users, lower: estimate.lower, upper: estimate.upper, spread: estimate.spread)
    }
}
