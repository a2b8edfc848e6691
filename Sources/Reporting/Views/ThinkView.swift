import Analysis
import Model

/// Questions to think about, chosen from the data, each with a model answer.
extension Writer {
    private struct Question {
        /// `think_NAME` and `think_NAME_answer` in the words.
        var name: String
        var values: [String: String]
    }

    private static let asked = 2

    func think(of experiment: Experiment, at index: Int) throws -> [View] {
        try Array(questions(for: experiment, at: index).prefix(Self.asked)).map { question in
            [
                "colon": colon,
                "line": HTML.escaped(try words("think_\(question.name)", question.values).replacing("`", with: "")),
                "answer": try words("think_\(question.name)_answer", question.values),
            ]
        }
    }

    private func questions(for experiment: Experiment, at index: Int) throws -> [Question] {
        try faultQuestions(experiment, at: index) + otherQuestions(for: experiment, at: index)
    }

    private func otherQuestions(for experiment: Experiment, at index: Int) throws -> [Question] {
        if experiment.stack.series != nil {
            return ["ordersWork", "ordersUsers"].map { Question(name: $0, values: [:]) }
        }
        let isStore = experiment.stack.subject == .store
        if experiment.variants.count > 1 {
            return isStore ? try policyQuestions(at: index) : [Question(name: "deployed", values: [:])]
        }
        guard let study = studies[index].first else { return [] }
        guard let answer = study.answer else { return try stageQuestions(study, experiment) }
        return try
            (replicaQuestions(experiment, at: index) + readsQuestion(experiment) + queueQuestion(study, answer)
            + causeQuestion(study) + [Question(name: "wrong", values: [:])])
    }

    // MARK: Faults

    /// What the fault that cost most says: why replicas that go on do not help, what a fault without errors costs, how many of
    /// them a budget pays for.
    private func faultQuestions(_ experiment: Experiment, at index: Int) throws -> [Question] {
        let all = studies[index].flatMap { study in (study.bills?.faults ?? []).map { (study, $0) } }
        guard let (study, billed) = all.max(by: { $0.1.bill.lost < $1.1.bill.lost }) else { return [] }
        return try [replicaFault(study, billed), silentFault(all.map(\.1)), budgetFault(billed.bill, experiment)]
            .compactMap(\.self)
    }

    private func replicaFault(_ study: Study, _ billed: BilledFault) throws -> Question? {
        let replicas = study.measurement.components.filter { $0.role == .store }.map(\.name)
        guard billed.record.fault.action == .kill, replicas.count > 1, replicas.contains(billed.record.part),
            billed.bill.lost > 0,
            let file = study.measurement.deployed.first(where: { $0.name == "nginx.conf" }),
            let found = DeployedFailover(nginxConfiguration: file.text)
        else { return nil }
        var values = [
            "part": Markdown.inline(billed.record.part), "others": numbers.integer(replicas.count - 1),
            "lost": numbers.integer(billed.bill.lost),
            "kinds": try billed.bill.failures.map { "\(numbers.integer($0.count)) × \(try name(of: $0.kind))" }
                .joined(separator: separator),
        ]
        if found.triesNext { values["tries"] = "" }
        if let server = found.server, server.maxFails != "0" {
            values["fails"] = Markdown.inline(server.maxFails)
            values["timeout"] = Markdown.inline(server.failTimeout)
        }
        return Question(name: "faultReplica", values: values)
    }

    private func silentFault(_ faults: [BilledFault]) throws -> Question? {
        for billed in faults where billed.bill.failed == 0 {
            guard let before = billed.bill.before?.p95, let during = billed.bill.during?.p95, during > 2 * before,
                case .after(let seconds) = billed.bill.recovery, seconds > 0
            else { continue }
            return Question(
                name: "faultSilent",
                values: [
                    "what": try what(billed.record), "before": numbers.latency(before),
                    "during": numbers.latency(during),
                    "recovery": numbers.seconds((seconds * 10).rounded() / 10),
                ])
        }
        return nil
    }

    private func budgetFault(_ bill: FaultBill, _ experiment: Experiment) throws -> Question? {
        guard let budget = experiment.budget, let share = bill.budgetShare, share > 0 else { return nil }
        return Question(
            name: "faultBudget",
            values: [
                "period": try days(budget.period), "objective": numbers.exactPercent(budget.objective),
                "budget": numbers.percent(share), "count": numbers.short(1 / share),
            ])
    }

    // MARK: A fixed number of users

    private func stageQuestions(_ study: Study, _ experiment: Experiment) throws -> [Question] {
        guard let all = study.steps.last?.summary?.all, let p50 = all.succeeded.p50, let p95 = all.succeeded.p95 else {
            return [Question(name: "wrong", values: [:])]
        }
        var questions = [
            Question(name: "percentiles", values: ["p50": numbers.latency(p50), "p95": numbers.latency(p95)])
        ]
        if let summary = study.steps.last?.summary, !study.isOpen,
            let law = LittlesLaw(summary, thinkTime: experiment.load.thinkTime)
        {
            questions.append(
                Question(
                    name: "inFlight",
                    values: [
                        "users": numbers.integer(law.users), "rate": numbers.short(law.measured),
                        "mean": numbers.latency(law.latency), "think": numbers.seconds(law.thinkTime),
                        "inFlight": numbers.short(law.measured * law.latency),
                        "expected": numbers.short(Double(law.users) / (law.thinkTime + law.latency)),
                    ]))
        }
        return questions + [Question(name: "wrong", values: [:])]
    }

    // MARK: Searches

    /// Why latency rises before errors come, or errors come before latency rises: as it was.
    private func queueQuestion(_ study: Study, _ answer: LimitAnswer) throws -> [Question] {
        guard let failing = answer.failing, let breach = failing.breach, let all = failing.summary?.all else {
            return []
        }
        var values = [
            "failed": numbers.integer(failing.step.users), "errors": percent(all.errorRate),
            "p95": latency(all.succeeded.p95), "criterion": Markdown.code(breach.criterion.text),
        ]
        guard breach.criterion.metric.isLatency else {
            values["kind"] = try all.failures.first.map { try name(of: $0.kind) }
            return [Question(name: "errorsFirst", values: values)]
        }
        guard let passing = answer.passing else { return [] }
        values["passed"] = numbers.integer(passing.step.users)
        values["before"] = latency(passing.summary?.all.succeeded.p95)
        let withErrors = study.steps.filter { ($0.summary?.all.failed.count ?? 0) > 0 }.map(\.step.users)
        values["first"] = withErrors.min().map(numbers.integer)
        return [Question(name: "queue", values: values)]
    }

    private func causeQuestion(_ study: Study) throws -> [Question] {
        guard let cause = try cause(study) else { return [] }
        var values = ["cause": cause]
        // Not a part but a sentence.
        if Evidence(of: study, host: run.manifest.host)?.firstSign != nil { values["sign"] = "" }
        return [Question(name: "cause", values: values)]
    }

    /// The first cause that the section names; nil where no criterion was met, or nothing shows why.
    private func cause(_ study: Study) throws -> String? {
        guard let evidence = Evidence(of: study, host: run.manifest.host), evidence.hasFailed else { return nil }
        if let sign = evidence.firstSign { return try sentence(sign, evidence) }
        return try evidence.found.findings.first.map { try sentence($0, evidence) }
    }

    /// What keeping the reports in Redis takes off MySQL.
    private func readsQuestion(_ experiment: Experiment) throws -> [Question] {
        let stack = experiment.stack
        guard stack.subject == .store, stack.backend == .redis, stack.replicas == 1 else { return [] }
        let all = experiment.load.tasks.reduce(0) { $0 + $1.weight }
        let writes = experiment.load.tasks.filter { $0.method != .get }.reduce(0) { $0 + $1.weight }
        guard all > 0, writes > 0, writes < all else { return [] }
        return [
            Question(
                name: "reads",
                values: [
                    "reads": numbers.percent(Double(all - writes) / Double(all)),
                    "writes": numbers.percent(Double(writes) / Double(all)),
                ])
        ]
    }

    private func replicaQuestions(_ experiment: Experiment, at index: Int) throws -> [Question] {
        guard experiment.stack.subject == .store, let several = studies[index].first, let answer = several.answer,
            experiment.stack.replicas > 1
        else {
            return []
        }
        var questions: [Question] = []
        for name in experiment.comparesWith {
            guard let other = run.experiments.firstIndex(where: { $0.experiment.name == name }),
                experiment.stack.isScaled(from: run.experiments[other].experiment.stack),
                let one = studies[other].first?.answer,
                let found = ReplicaScaling(answer.verdict, replicas: experiment.stack.replicas, against: one.verdict)
            else { continue }
            var values = [
                "replicas": numbers.integer(found.replicas), "other": Markdown.code(name),
                "lower": numbers.short(found.lowerSpeedUp), "upper": found.upperSpeedUp.map(numbers.short) ?? "–",
            ]
            values["cause"] = try cause(several)
            // Between the two the bounds do not say which it is.
            if found.lowerEfficiency > 1 {
                questions.append(Question(name: "superlinear", values: values))
            } else if let upper = found.upperEfficiency, upper < 1 {
                questions.append(Question(name: "sublinear", values: values))
            }
        }
        if let chance = replicaChance(several) { questions.append(chance) }
        return questions
    }

    /// Whether the shares differ by more than chance: the largest distance from an equal share in standard deviations of a
    /// binomial share.
    private func replicaChance(_ study: Study) -> Question? {
        guard case .value(let shares) = study.measurement.replicaShares(), shares.count > 1 else { return nil }
        let total = shares.reduce(0) { $0 + $1.requests }
        let equal = 1 / Double(shares.count)
        guard total > 0,
            let far = shares.max(by: { (($0.share ?? 0) - equal).magnitude < (($1.share ?? 0) - equal).magnitude }),
            let share = far.share
        else { return nil }
        let deviation = (equal * (1 - equal) / total).squareRoot()
        let distance = (share - equal).magnitude / deviation
        var values = [
            "replica": Markdown.inline(far.replica), "share": numbers.percent(share), "equal": numbers.percent(equal),
            "requests": numbers.decimal(total, digits: 0), "deviation": numbers.percent(deviation),
            "distance": numbers.short(distance),
        ]
        if distance > 3 { values["more"] = "" }
        if study.policy?.policy == .roundRobin { values["turns"] = "" }
        return Question(name: "shares", values: values)
    }

    // MARK: Policies

    private func policyQuestions(at index: Int) throws -> [Question] {
        func p95(_ policy: Balancer) -> Seconds? {
            studies[index].first { $0.measurement.variant == policy.rawValue }?.steps.last?.summary?.all.succeeded.p95
        }
        var questions: [Question] = []
        if let turns = p95(.roundRobin), let least = p95(.leastConnections) {
            questions.append(
                Question(
                    name: "leastConnections",
                    values: ["turns": numbers.latency(turns), "least": numbers.latency(least)]))
        }
        let hashed = studies[index].first { $0.policy?.policy == .ipHash }
        if let hashed, case .value(let shares) = hashed.measurement.replicaShares(),
            let most = shares.compactMap(\.share).max()
        {
            questions.append(Question(name: "ipHash", values: ["share": numbers.percent(most)]))
        }
        return questions + [Question(name: "deployed", values: [:])]
    }
}
