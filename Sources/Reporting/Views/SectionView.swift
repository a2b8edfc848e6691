import Analysis
import Model

/// One experiment's section.
extension Writer {
    func section(at index: Int) throws -> View {
        let recorded = run.experiments[index]
        let experiment = recorded.experiment
        let variants = experiment.variants.count > 1
        let answer = try answer(of: experiment, at: index)
        let heading = try heading(of: experiment)
        let only = variants || experiment.stack.series != nil ? nil : studies[index].first
        var view: View = [
            "title": title(of: experiment), "heading": heading, "anchor": Markdown.anchor(of: heading),
            "name": Markdown.code(experiment.name),
            "source": Markdown.code(experiment.sourceFile),
            "origin": variants || studies[index].count > 1
                ? sources(ofMeasurements: [index]) : source("\(recorded.folder)/record.json"),
            "answer": answer, "answerCell": Markdown.cell(try shortAnswer(of: experiment, at: index)),
            "alerts": try studies[index].flatMap(alerts).map { ["line": $0] },
            "criterion": isJudged(experiment) && commonLimits == nil ? try criterion(experiment.criteria) : "",
            "setup": try
                ((isJudged(experiment) && commonLimits != nil ? [criterion(experiment.criteria)] : [])
                + setup(of: experiment)).map { ["line": $0] },
            "quick": run.manifest.quick,
            "facts": try (only.map { try facts(of: $0) + restorations($0, experiment) } ?? []).map { ["line": $0] },
            "measurements": try studies[index].map { try measurement($0, of: recorded, at: index) },
            "comparisons": try comparisons(of: experiment, at: index).map { ["line": try line($0)] },
            "scaling": try scaling(of: experiment, at: index),
            "think": try think(of: experiment, at: index),
            "faults": try only.map { try faults(of: $0, experiment, at: index) } ?? [],
            "faultLines": only == nil ? try faultLines(at: index).map { ["line": $0] } : [],
        ]
        if let only {
            view["proof"] = try proof(of: only, experiment)
            view["record"] = only.folder + "/"
        }
        if let question = experiment.question { view["question"] = numbers.integer(question) }
        if let repetitions = try repetitions(at: index) { view["repetitions"] = repetitions }
        if let orders = try orders(at: index) {
            view["orders"] = orders
        } else if variants, let policies = try policyTable(studies[index], of: experiment) {
            view["policies"] = policies
        }
        return view
    }

    /// Of several variants the shares are the answer, not a criterion.
    private func isJudged(_ experiment: Experiment) -> Bool {
        experiment.variants.count <= 1 || experiment.stack.series != nil
    }

    /// The criteria of all experiments that are judged, where they have the same: these are said once. nil where they differ.
    var commonLimits: [Criterion]? {
        let judged = run.experiments.map(\.experiment).filter(isJudged)
        guard judged.count > 1, let first = judged.first?.criteria, !first.isEmpty else { return nil }
        return judged.allSatisfy { $0.criteria == first } ? first : nil
    }

    func criterion(_ criteria: [Criterion]) throws -> String {
        guard !criteria.isEmpty else { return try words("criterionNone") }
        return try words("criterion", ["limits": criteria.map { Markdown.code($0.text) }.joined(separator: ", ")])
    }

    private func setup(of experiment: Experiment) throws -> [String] {
        let stack = experiment.stack
        let balancers = stack.balancers.filter { $0 != .none }.map { Markdown.code($0.rawValue) }
        var counted = ["replicas": numbers.integer(stack.replicas), "balancers": balancers.joined(separator: ", ")]
        if case .project(let own) = stack.subject {
            counted["service"] = Markdown.code(own.service)
            // As Prometheus, the tables and the charts name them.
            counted["names"] =
                stack.replicaNames.prefix(3).map { Markdown.code($0) }
                .joined(separator: ", ") + (stack.replicas > 3 ? ", …" : "")
        }
        let replicas = try words(balancers.isEmpty ? "setupReplicas" : "setupReplicasBalanced", counted)
        var lines =
            switch stack.subject {
            case .store: try reads(of: stack) + prices(of: stack) + [replicas]
            case .project(let own):
                [
                    try words(
                        "setupProject",
                        [
                            "file": own.files.map {
                                Markdown.code($0.split(separator: "/").last.map(String.init) ?? $0)
                            }
                            .joined(separator: ", "),
                            "service": Markdown.code(own.service),
                        ]), replicas,
                ]
            case .running(let service): [try words("setupRunning", ["url": Markdown.code(service.url)])]
            }
        lines += try restoring(experiment)
        if !stack.sizes.isEmpty {
            let sizes = stack.sizes.map { "\(Markdown.code($0.key)) \(numbers.exact($0.value))" }
            lines.append(try words("setupSizes", ["sizes": sizes.joined(separator: ", ")]))
        }
        let weights = experiment.load.tasks.map { task in
            let request = Markdown.beginning(of: "\(task.method.rawValue) \(task.path)", characters: 100, lines: 1)
            return "\(Markdown.code(task.name)) (\(Markdown.code(request))) ×\(numbers.integer(task.weight))"
        }
        let think = experiment.load.thinkTime
        lines.append(
            try words(
                experiment.load.shape.isOpen
                    ? "setupLoadOpen"
                    : think.law == .exponential
                        ? "setupLoadExponential" : think.minimum == think.maximum ? "setupLoadConstant" : "setupLoad",
                [
                    "tasks": weights.joined(separator: ", "),
                    "minimum": numbers.seconds(think.minimum), "maximum": numbers.seconds(think.maximum),
                    "mean": numbers.seconds(think.mean),
                    "timeout": numbers.seconds(experiment.load.timeout), "seed": String(experiment.load.seed),
                ]))
        lines.append(try shape(of: experiment.load.shape))
        return lines
    }

    private func reads(of stack: StackDefinition) throws -> [String] {
        guard let series = stack.series else {
            return [try words("setupReads", ["backend": backend(stack.backend)])]
        }
        let backends = try series.backends.map { "\(Markdown.code($0.rawValue)) \(try backend($0))" }
        let orders = series.orders.map(numbers.integer).joined(separator: separator)
        return [
            try words("setupReads", ["backend": backends.joined(separator: separator)]),
            try words("setupOrders", ["orders": orders]),
        ]
    }

    private func prices(of stack: StackDefinition) throws -> [String] {
        try stack.prices.map { [try words("setupPrices_\($0.rawValue)")] } ?? []
    }

    private func backend(_ backend: ReportReads) throws -> String {
        switch backend {
        case .mysql: try words("backendMySQL")
        case .redis: try words("backendRedis")
        case .redisScan: try words("backendRedisScan")
        }
    }

    private func shape(of shape: LoadShape) throws -> String {
        switch shape {
        case .ramp(let stages):
            let parts = try stages.map { stage in
                try words(
                    "setupStage",
                    [
                        "users": numbers.integer(stage.users), "rate": numbers.exact(stage.spawnRate),
                        "hold": numbers.seconds(stage.hold),
                    ])
            }
            return try words("setupRamp", ["stages": parts.joined(separator: separator)])
        case .findLimit(let plan):
            return try words(
                plan.restsOnTrials ? "setupSearchConfirmed" : "setupSearch",
                [
                    "from": numbers.integer(plan.from), "to": numbers.integer(plan.to),
                    "factor": numbers.exact(plan.factor), "hold": numbers.seconds(plan.hold),
                    "precision": numbers.exactPercent(plan.precision),
                ])
        case .rate(let stages, let arrivals):
            let parts = try stages.map { stage in
                var values = ["rate": numbers.exact(stage.perSecond), "hold": numbers.seconds(stage.hold)]
                if stage.ramp > 0 { values["ramp"] = numbers.seconds(stage.ramp) }
                return try words("setupRateStage", values)
            }
            return try words(
                arrivals == .poisson ? "setupRatePoisson" : "setupRate",
                ["stages": parts.joined(separator: separator)])
        }
    }
}
