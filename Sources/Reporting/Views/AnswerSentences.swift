import Analysis
import Model

/// The one-sentence answers.
extension Writer {
    func answer(of experiment: Experiment, at index: Int) throws -> String {
        switch finding(of: experiment, at: index) {
        case .notBegun: return try words("answerNotBegun")
        case .orders(let series, _): return try ordersAnswer(series, at: index)
        case .policies(let studies): return try policyAnswer(studies, of: experiment)
        case .limit(_, let study), .plateaus(let study):
            let sentence = try measured(study, experiment)
            return try ([sentence] + comparisons(of: experiment, at: index).compactMap(short)).joined(separator: " ")
        }
    }

    /// For the table of answers: the number first, without what the section goes on to say.
    func shortAnswer(of experiment: Experiment, at index: Int) throws -> String {
        let finding = finding(of: experiment, at: index)
        guard finding.study?.measurement.outcome == .measured,
            let short = try short(finding, of: experiment, at: index)
        else { return try answer(of: experiment, at: index) }
        return short
    }

    /// nil where more is to be said.
    private func short(_ finding: AnswerFinding, of experiment: Experiment, at index: Int) throws -> String? {
        switch finding {
        case .notBegun, .orders: return nil
        case .policies(let studies):
            guard let policy = inForce(experiment, studies)?.policy?.policy, try unfinished(studies).isEmpty else {
                return nil
            }
            return try words("shortPolicy", ["policy": name(of: policy)])
        case .limit(let search, _):
            guard let sentence = try shortLimit(search) else { return nil }
            return try ([sentence] + comparisons(of: experiment, at: index).compactMap(short)).joined(separator: " ")
        case .plateaus(let study): return try shortStage(study, experiment)
        }
    }

    private func shortLimit(_ answer: LimitAnswer) throws -> String? {
        guard !answer.generatorLimited, case .interval(let passed, let failed) = answer.verdict else { return nil }
        var values = answer.estimate.map(bounds) ?? [:]
        values["passed"] = numbers.integer(passed)
        values["failed"] = numbers.integer(failed)
        values["criterion"] = answer.failing?.breach.map { Markdown.code($0.criterion.text) }
        return try words(answer.estimate == nil ? "shortInterval" : "shortLimit", values)
    }

    /// nil where more is to be said than one stage's numbers.
    private func shortStage(_ study: Study, _ experiment: Experiment) throws -> String? {
        let stages = study.steps.filter { $0.summary != nil }
        guard let all = stages.last?.summary?.all, stages.allSatisfy({ $0.breach == nil }) else { return nil }
        let values = [
            "p50": latency(all.succeeded.p50), "p95": latency(all.succeeded.p95), "errors": percent(all.errorRate),
            "rate": numbers.short(all.rate),
        ]
        return try words("shortStage", values)
    }

    /// What else an answer needs: how the mean and the median differ, when the first errors came.
    func remarks(_ study: Study, _ experiment: Experiment) throws -> [String] {
        if study.answer != nil {
            return try errors(study).map { $0 + " " + source(study, "steps") }
                + [totalCPU(experiment.stack)].compactMap(\.self)
        }
        guard experiment.question == 1, let step = study.steps.last, let all = step.summary?.all.succeeded,
            let mean = all.mean, let p50 = all.p50
        else { return [] }
        var values = ["mean": numbers.latency(mean), "p50": numbers.latency(p50)]
        if mean > p50 { values["above"] = "" }
        return [try words("meanAndMedian", values) + " " + source(study, plateauOf: step.step)]
    }

    /// What several replicas were given together, which is more than one of them has; nil where that does not apply.
    private func totalCPU(_ stack: StackDefinition) throws -> String? {
        guard stack.replicas > 1, let each = stack.storeCPUs else { return nil }
        return try words(
            "answerTotalCPU",
            [
                "replicas": numbers.integer(stack.replicas), "each": numbers.short(each),
                "total": numbers.short(each * Double(stack.replicas)),
            ].merging(many(each * Double(stack.replicas), "totalMany")) { $1 })
    }

    /// What a measurement answered, or how it ended and what it had shown till then.
    func measured(_ study: Study, _ experiment: Experiment) throws -> String {
        let sentence = try study.answer.map { try searchAnswer($0) } ?? stageAnswer(study, experiment.criteria)
        switch study.measurement.outcome {
        case .measured: return try sentence ?? words("answerNothing")
        case .interrupted:
            return try stopped(words("outcomeInterrupted"), sentence)
        case .failed(let phase, let reason):
            return try stopped(
                words(
                    "outcomeFailed", ["phase": try self.phase(phase), "reason": Markdown.inline(try recorded(reason))]),
                sentence)
        }
    }

    func phase(_ phase: Phase) throws -> String {
        switch phase {
        case .stackUp: try words("phaseStackUp")
        case .preflight: try words("phasePreflight")
        case .load: try words("phaseLoad")
        case .collect: try words("phaseCollect")
        case .stackDown: try words("phaseStackDown")
        }
    }

    private func stopped(_ outcome: String, _ sentence: String?) throws -> String {
        guard let sentence else { return outcome }
        return outcome + " " + (try words("untilThen", ["answer": sentence]))
    }

    private func searchAnswer(_ answer: LimitAnswer) throws -> String? {
        let name: String
        var values: [String: String] = [:]
        values["breach"] = try answer.failing?.breach.map(breach)
        if let all = answer.passing?.summary?.all, all.succeeded.p50 != nil {
            values["p50"] = latency(all.succeeded.p50)
            values["p95"] = latency(all.succeeded.p95)
            values["errors"] = percent(all.errorRate)
            values["worst"] = worstPassed(answer, shown: all.succeeded.p95).map(numbers.latency)
        }
        if let passed = answer.passed, passed.held < passed.measured { values["mostly"] = "" }
        if let failed = answer.failed, failed.held > 0 { values["mostlyNot"] = "" }
        switch answer.verdict {
        case .interval(let passed, let failed):
            name = answer.generatorLimited ? "answerIntervalGenerator" : "answerInterval"
            values["passed"] = numbers.integer(passed)
            values["failed"] = numbers.integer(failed)
        case .neverFailed(let users):
            name = "answerNeverFailed"
            values["passed"] = numbers.integer(users)
        case .failsAtOneUser: name = "answerFailsAtOne"
        case .failsFrom(let users):
            name = "answerFailsFrom"
            values["failed"] = numbers.integer(users)
        case .notMeasured: return nil
        }
        let moved = try answer.movement.map { try words("answerMoved", ["change": numbers.percent($0)]) }
        let sentence = try [estimate(answer), words(name, values), moved].compactMap(\.self).joined(separator: " ")
        guard let least = answer.contradictions.first, let most = answer.mostPassed else { return sentence }
        let range = ["least": numbers.integer(least), "most": numbers.integer(most)]
        return sentence + " " + (try words(least < most ? "answerContradicted" : "answerContradictedAt", range))
    }

    /// The p95 of the worst of several steps that passed at the lower bound; nil where it is the one that is shown.
    private func worstPassed(_ answer: LimitAnswer, shown: Seconds?) -> Seconds? {
        guard let shown, let worst = answer.worstPassing?.summary?.all.succeeded.p95, worst > shown else { return nil }
        return worst
    }

    /// The estimate, and how often the bounds passed and failed; nil where the answer rests on no trials.
    private func estimate(_ answer: LimitAnswer) throws -> String? {
        guard let estimate = answer.estimate, let passed = answer.passed, let failed = answer.failed else { return nil }
        var values = bounds(of: estimate)
        values["passed"] = numbers.integer(passed.users)
        values["passedHeld"] = numbers.integer(passed.held)
        values["passedMeasured"] = numbers.integer(passed.measured)
        values["failed"] = numbers.integer(failed.users)
        values["failedBroke"] = numbers.integer(failed.measured - failed.held)
        values["failedMeasured"] = numbers.integer(failed.measured)
        return try words("answerEstimate", values)
    }

    /// The estimate and its interval; no interval where one of its ends is open.
    func bounds(of estimate: LimitEstimate) -> [String: String] {
        var values = ["users": numbers.integer(Int(estimate.users.rounded()))]
        if let lower = estimate.lower, let upper = estimate.upper {
            values["lower"] = numbers.integer(Int(lower.rounded(.down)))
            values["upper"] = numbers.integer(Int(upper.rounded(.up)))
        }
        return values
    }

    /// The last stage that was measured, and the first that met a criterion if that was another.
    private func stageAnswer(_ study: Study, _ criteria: [Criterion]) throws -> String? {
        let stages = study.steps.filter { $0.summary != nil }
        guard let step = stages.last, let summary = step.summary else { return nil }
        var sentences = [
            try words(
                "answerStage",
                [
                    "level": try name(of: step.step.level),
                    "p50": latency(summary.all.succeeded.p50),
                    "p95": latency(summary.all.succeeded.p95),
                    "errors": percent(summary.all.errorRate),
                    "requests": numbers.integer(summary.all.requests),
                    "seconds": numbers.seconds(Double(summary.seconds)),
                    "rate": numbers.short(summary.all.rate),
                ])
        ]
        let earlier = stages.dropLast().first { $0.breach != nil }
        if let broken = step.breach {
            sentences.append(try words("answerStageBroken", ["breach": try breach(broken)]))
        } else if !criteria.isEmpty {
            let texts = criteria.map { Markdown.code($0.text) }.joined(separator: ", ")
            let held = earlier == nil ? "answerStageHeld" : "answerStageHeldThere"
            sentences.append(try words(held, ["limits": texts]))
        }
        if let earlier, let broken = earlier.breach {
            let values = ["level": try name(of: earlier.step.level), "breach": try breach(broken)]
            sentences.append(try words("answerStageFirst", values))
        }
        return sentences.joined(separator: " ")
    }

    /// The policy in force first, as it was deployed for the question before where that was measured; then what the others did.
    private func policyAnswer(_ studies: [Study], of experiment: Experiment) throws -> String {
        var parts = try studies.map { study in
            var policy = try policyName(study)
            if case .value(let shares) = study.measurement.replicaShares(), shares.count > 1 {
                let texts = shares.map { percent($0.share) }.joined(separator: " / ")
                policy = try words("answerPolicyShares", ["policy": policy, "shares": texts])
            }
            guard let variant = study.measurement.variant, variant != study.policy?.policy.asked?.rawValue else {
                return policy
            }
            return try words("answerPolicyOf", ["variant": Markdown.code(variant), "policy": policy])
        }
        for variant in experiment.variants.compactMap(\.name)
        where !studies.contains(where: { $0.measurement.variant == variant }) {
            parts.append(try words("answerPolicyNotBegun", ["variant": Markdown.code(variant)]))
        }
        let compared = try words("answerPolicies", ["policies": parts.joined(separator: separator)])
        let whole = try compared + unfinished(studies)
        guard let policy = inForce(experiment, studies)?.policy?.policy else { return whole }
        // The shares stand in the table.
        let isWhole =
            studies.count == experiment.variants.count
            && studies.allSatisfy {
                $0.measurement.outcome == .measured && $0.measurement.variant == $0.policy?.policy.asked?.rawValue
            }
        return try words("answerPolicy", ["policy": doing(policy)]) + (isWhole ? "" : " " + whole)
    }

    /// The measurement whose deployed file answers which policy is in force: of an earlier question with as many replicas, or
    /// else of the first variant.
    func inForce(_ experiment: Experiment, _ studies: [Study]) -> Study? {
        let earlier = run.experiments.indices.last { index in
            let other = run.experiments[index].experiment
            return other.name != experiment.name && other.variants.count == 1
                && other.stack.replicas == experiment.stack.replicas && self.studies[index].first?.policy != nil
                && (other.question ?? 0) < (experiment.question ?? 0)
        }
        return earlier.flatMap { self.studies[$0].first } ?? studies.first
    }

    /// How those of several variants ended that were not measured to their end; each begins with a blank.
    func unfinished(_ studies: [Study]) throws -> String {
        var sentence = ""
        for study in studies where study.measurement.outcome != .measured {
            let name = study.measurement.variant.map { Markdown.code($0) + colon } ?? ""
            switch study.measurement.outcome {
            case .measured: break
            case .interrupted: sentence += " " + name + (try words("outcomeInterrupted"))
            case .failed(let phase, let reason):
                sentence +=
                    " " + name
                    + (try words(
                        "outcomeFailed",
                        ["phase": try self.phase(phase), "reason": Markdown.inline(try recorded(reason))]))
            }
        }
        return sentence
    }

    /// What the deployed file says, or that it says nothing.
    func policyName(_ study: Study) throws -> String {
        if let policy = study.policy { return try name(of: policy.policy) }
        return try words(
            study.measurement.deployed.contains { $0.name == "nginx.conf" } ? "policyNotFound" : "policyNoFile")
    }

    func name(of policy: BalancingPolicy) throws -> String {
        switch policy {
        case .roundRobin: try words("policyRoundRobin")
        case .leastConnections: try words("policyLeastConnections")
        case .ipHash: try words("policyIPHash")
        case .random: try words("policyRandom")
        case .randomTwo(let method): try words("policyRandomTwo", ["method": Markdown.code(method)])
        case .hash(let key, let consistent):
            try words(consistent ? "policyHashConsistent" : "policyHash", ["key": Markdown.code(key)])
        case .other(let directive): try words("policyOther", ["directive": Markdown.code(directive)])
        }
    }

    /// Its name and what it does.
    func doing(_ policy: BalancingPolicy) throws -> String {
        let does =
            switch policy {
            case .roundRobin: "policyRoundRobinDoes"
            case .leastConnections: "policyLeastConnectionsDoes"
            case .ipHash: "policyIPHashDoes"
            case .random: "policyRandomDoes"
            case .randomTwo: "policyRandomTwoDoes"
            case .hash: "policyHashDoes"
            case .other: "policyOtherDoes"
            }
        return try name(of: policy) + colon + words(does)
    }
}

extension BalancingPolicy {
    /// As an experiment asks for it; nil where none can.
    fileprivate var asked: Balancer? {
        switch self {
        case .roundRobin: .roundRobin
        case .leastConnections: .leastConnections
        case .ipHash: .ipHash
        case .random: .random
        case .randomTwo, .hash, .other: nil
        }
    }
}
