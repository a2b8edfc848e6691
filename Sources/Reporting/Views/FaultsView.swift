import Analysis
import Model

/// What each fault cost: a sentence, a chart, the bill, and what the configuration did about it.
extension Writer {
    func faults(of study: Study, _ experiment: Experiment, at index: Int) throws -> [View] {
        guard let bills = study.bills else { return [] }
        let isFirst = studies.joined().first { $0.bills != nil }?.folder == study.folder
        return try bills.faults.enumerated().map { place, billed in
            let others = repeated(study, place: place, at: index)
            let rows = try rows(billed, bills.control, RepeatedBill([billed.bill] + others), study)
            var heads = try [words("tableQuantity"), words("billFault"), words("billControl")]
            if !others.isEmpty {
                heads.append(try words("billRepeated", ["times": numbers.integer(others.count + 1)]))
            }
            heads.append(try words("tableNote"))
            return [
                "title": try words(
                    "billTitle", ["what": try what(billed.record), "time": numbers.exact(rounded(billed.bill.began))]),
                "sentence": try billSentence(billed, experiment) + " "
                    + source(study, "faults[\(billed.record.index)]"),
                "chart": ["block": block(faultChart(billed.bill, study))],
                "head": tableLine(heads),
                "rule": tableLine(["---"] + heads.dropFirst().map { _ in "--:" }),
                "rows": rows,
                "notes": try faultNotes(billed, bills, study, isFirst: place == 0 && isFirst).map { ["line": $0] },
            ]
        }
    }

    /// One line per fault without Markdown, for the terminal: its experiment and the first sentences of its bill.
    func plainFaultLines(at index: Int) throws -> [String] {
        let experiment = run.experiments[index].experiment
        let all = studies[index] + repetitions[index].joined()
        return try all.flatMap { study in
            let place = [experiment.name, study.measurement.variant, study.measurement.repetition.map { "\($0)" }]
                .compactMap(\.self).joined(separator: ", ")
            return try (study.bills?.faults ?? []).map { billed in
                let sentence = try billSentence(billed, experiment)
                return "\(place): at \(numbers.exact(rounded(billed.bill.began))) s: \(sentence)"
                    .replacing("`", with: "").replacing("\u{A0}", with: " ").replacing("\u{202F}", with: " ")
            }
        }
    }

    /// One line per fault of a variant, for the experiment's own part.
    func faultLines(at index: Int) throws -> [String] {
        let experiment = run.experiments[index].experiment
        return try studies[index].flatMap { study in
            try (study.bills?.faults ?? []).map { billed in
                (study.measurement.variant.map { Markdown.code($0) + colon } ?? "")
                    + (try billSentence(billed, experiment))
                    + " " + source(study, "faults[\(billed.record.index)]")
            }
        }
    }

    /// The bills of the same fault, the other times that it was measured.
    private func repeated(_ study: Study, place: Int, at index: Int) -> [FaultBill] {
        repetitions[index].compactMap { times in
            let same = times.first { $0.measurement.variant == study.measurement.variant }?.bills?.faults
            return same.flatMap { $0.indices.contains(place) ? $0[place].bill : nil }
        }
    }

    // MARK: The sentence

    /// What was done, as the subject of a sentence.
    func what(_ record: FaultRecord) throws -> String {
        var values = ["part": Markdown.code(record.part)]
        values["for"] = record.fault.duration.map(numbers.seconds)
        switch record.fault.action {
        case .kill: return try words("faultKill", values)
        case .start: return try words("faultStart", values)
        case .pause: return try words("faultPause", values)
        case .slow(let from, let to):
            values["from"] = numbers.seconds(from)
            values["to"] = numbers.seconds(to)
            return try words("faultSlow", values)
        case .cut: return try words("faultCut", values)
        case .bandwidth(let bytes):
            values["bytes"] = numbers.integer(bytes)
            return try words("faultBandwidth", values)
        case .throttle(let cores):
            values["cores"] = numbers.exact(cores)
            return try words("faultThrottle", values.merging(many(cores)) { $1 })
        case .hold(let connections):
            values["connections"] = numbers.integer(connections)
            return try words("faultHold", values.merging(many(Double(connections))) { $1 })
        }
    }

    private func billSentence(_ billed: BilledFault, _ experiment: Experiment) throws -> String {
        let bill = billed.bill
        var values = ["what": try what(billed.record), "lost": numbers.integer(bill.lost)]
        if let share = bill.budgetShare, let budget = experiment.budget {
            values["budget"] = numbers.percent(share)
            values["objective"] = numbers.exactPercent(budget.objective)
            values["period"] = try days(budget.period)
        }
        values["first"] = bill.firstFailure.map(time)
        if bill.failed == 0 { values["none"] = "" }
        switch bill.recovery {
        case .after(let seconds):
            values["recovery"] = try words("billWell", ["time": time(seconds)])
            if bill.failedLater > 0 { values["later"] = numbers.integer(bill.failedLater) }
        case .unknown(let least, let end):
            values["recovery"] = try words(
                end == .nextFault ? "billNextFirst" : "billLoadFirst", ["time": time(least)])
        }
        return try words("billSentence", values.merging(many(Double(bill.lost))) { $1 })
    }

    private func recovery(_ recovery: FaultBill.Recovery) throws -> String {
        switch recovery {
        case .after(let seconds): return try words("billAfter", ["time": time(seconds)])
        case .unknown(let least, let end):
            return try words(
                end == .nextFault ? "billNotBeforeNext" : "billNotBeforeEnd", ["time": time(least)])
        }
    }

    func days(_ period: Seconds) throws -> String {
        guard period >= 86_400 else { return numbers.seconds(period) }
        let days = period / 86_400
        return try words("billDays", ["days": numbers.exact(days)].merging(many(days)) { $1 })
    }

    /// `0.02 s`, `3.1 s`, `12 s`.
    private func time(_ seconds: Seconds) -> String {
        numbers.decimal(seconds, digits: seconds < 1 ? 2 : seconds < 10 ? 1 : 0) + "\u{A0}s"
    }

    private func rounded(_ seconds: Seconds) -> Seconds { (seconds * 10).rounded() / 10 }

    // MARK: The table

    private func rows(
        _ billed: BilledFault, _ control: FaultBill?, _ repeated: RepeatedBill?, _ study: Study
    ) throws -> [View] {
        let bill = billed.bill
        let place = source(study, "faults[\(billed.record.index)]")
        let first = bill.before?.seconds.lowerBound ?? bill.during?.seconds.lowerBound ?? 0
        let lines = source(
            study,
            seconds: first..<max(first + 1, bill.during?.seconds.upperBound ?? bill.before?.seconds.upperBound ?? 0))
        var rows: [View] = []
        func row(
            _ name: String, _ value: (FaultBill) throws -> String?, _ spread: String? = nil, at origin: String? = nil
        ) throws {
            guard let own = try value(bill) else { return }
            let cells = try [words(name), own, control.map(value).flatMap(\.self) ?? "–"]
            rows.append([
                "line": tableLine(cells + (repeated == nil ? [] : [spread ?? "–"]), source: origin ?? lines)
            ])
        }
        try row(
            "billOnset",
            { one in
                try words(
                    "billOnsetAt",
                    ["began": numbers.decimal(one.began, digits: 2), "within": time(one.done - one.began)])
            }, at: place)
        try row("billFirst", { $0.firstFailure.map(time) ?? "–" }, try spread(repeated?.firstFailure, time))
        try row(
            "billLost", { numbers.integer($0.lost) },
            try spread(repeated?.lost) { numbers.exact($0) })
        try row("billKinds") { try self.kinds(of: $0) }
        if bill.usualErrors > 0 {
            try row("billUsual") {
                try words(
                    "billUsualShare", ["share": numbers.percent($0.usualErrors), "failed": numbers.integer($0.failed)])
            }
        }
        if bill.budgetShare != nil {
            try row(
                "billBudget", { $0.budgetShare.map(numbers.percent) },
                try spread(repeated?.budgetShare, numbers.percent))
        }
        try row("billThroughput", throughput, try spread(repeated?.throughputKept, numbers.percent))
        try row("billP50", { change($0.before?.p50, $0.during?.p50) }, try spread(repeated?.addedP50, numbers.latency))
        try row("billP95", { change($0.before?.p95, $0.during?.p95) }, try spread(repeated?.addedP95, numbers.latency))
        try row("billRecovery", { try self.recovery($0.recovery) }, try recoverySpread(repeated))
        try row("billWithinLimits", { try self.recovery($0.withinLimits) })
        try row("billLatencyBack", { try $0.latencyAsBefore.map(self.recovery) ?? "–" })
        if bill.failedLater > 0 { try row("billLater") { numbers.integer($0.failedLater) } }
        if bill.open > 0 { try row("billOpen") { numbers.integer($0.open) } }
        for share in bill.shares {
            let values = ["before": numbers.short(share.before), "after": numbers.short(share.after)]
            let cells = try [
                words("billReplica", ["replica": Markdown.code(share.replica)]), words("billRates", values), "–",
            ]
            rows.append([
                "line": tableLine(
                    cells + (repeated == nil ? [] : ["–"]), source: source(study, "prometheus request_rate"))
            ])
        }
        return rows
    }

    private func kinds(of bill: FaultBill) throws -> String {
        guard bill.failed > 0 else { return "–" }
        return try bill.failures.map { "\(numbers.integer($0.count)) × \(try name(of: $0.kind))" }
            .joined(separator: separator)
    }

    private func throughput(_ bill: FaultBill) throws -> String? {
        guard let kept = bill.throughputKept, let before = bill.before, let during = bill.during else { return "–" }
        var values = [
            "before": numbers.short(before.perSecond), "during": numbers.short(during.perSecond),
            "kept": numbers.percent(kept),
        ]
        if bill.kept == .withinNoise { values["noise"] = "" }
        return try words("billKept", values)
    }

    private func change(_ before: Seconds?, _ during: Seconds?) -> String {
        guard let before, let during else { return "–" }
        let added = during - before
        return
            "\(numbers.latency(before)) → \(numbers.latency(during)) (\(added >= 0 ? "+" : "")\(numbers.latency(added)))"
    }

    private func spread(_ spread: RepeatedBill.Spread?, _ text: (Double) -> String) throws -> String? {
        guard let spread else { return nil }
        return try words(
            "billSpread", ["median": text(spread.median), "least": text(spread.least), "most": text(spread.most)])
    }

    private func recoverySpread(_ repeated: RepeatedBill?) throws -> String? {
        guard let repeated, let known = repeated.recovery else { return nil }
        let text = try spread(known, time) ?? "–"
        guard known.count < repeated.times else { return text }
        return try words(
            "billSpreadOf",
            ["spread": text, "known": numbers.integer(known.count), "times": numbers.integer(repeated.times)])
    }

    /// The lines of the file of samples that hold some seconds.
    private func source(_ study: Study, seconds: Range<Int>) -> String {
        let lines = study.recorded.samples.indices.filter { seconds.contains(study.recorded.samples[$0].second) }
        guard let first = lines.first, let last = lines.last else { return source(study, "faults") }
        return source("\(study.folder)/samples.jsonl:\(first + 1)-\(last + 1)")
    }

    // MARK: The chart

    /// Seconds of the chart before and after the fault.
    private static let around = 20

    private func faultChart(_ bill: FaultBill, _ study: Study) -> LineChart {
        let during = bill.during?.seconds ?? 0..<1
        let shown = (during.lowerBound - Self.around)..<(during.upperBound + Self.around)
        let places = study.recorded.samples.indices.filter { shown.contains(study.recorded.samples[$0].second) }
        func points(_ value: (Int) -> Double?) -> [LineChart.Point] {
            places.map { LineChart.Point(x: Double(study.recorded.samples[$0].second), y: value($0)) }
        }
        func count(_ place: Int, _ what: (TaskSecond) -> Int) -> Double {
            Double(study.recorded.samples[place].tasks.reduce(0) { $0 + what($1) })
        }
        var drawn = chart(
            "chartFault", unit: "", x: "chartSeconds",
            [
                (text("chartSucceeded"), points { count($0) { $0.succeeded.count } }),
                (text("chartFailures"), points { count($0) { $0.failed.count } }),
                ("p95 [ms]", points { study.latencies[$0].percentile(95).map { $0 * 1000 } }),
            ])
        // What is 0 stands at the lower end.
        drawn.yScale = .logarithmic
        drawn = overTime(drawn, study)
        let first = Double(shown.lowerBound)
        let step = shown.count <= 60 ? 10 : shown.count <= 150 ? 20 : 60
        drawn.ticks = (shown.lowerBound...shown.upperBound).filter { $0.isMultiple(of: step) }.map(Double.init)
        drawn.stretches = [
            LineChart.Stretch(
                from: max(first, bill.began), to: Double(during.upperBound), name: text("chartFaultStretch"))
        ]
        drawn.stretchesName = ""
        drawn.rows = 11
        return drawn
    }

    // MARK: What the configuration did about it

    /// - Parameter isFirst: of the report; the rules stand there only.
    private func faultNotes(
        _ billed: BilledFault, _ bills: FaultBills, _ study: Study, isFirst: Bool
    ) throws -> [String] {
        var lines: [String] = []
        if let trouble = billed.record.trouble {
            lines.append(try words("billTrouble", ["reason": Markdown.inline(recorded(trouble))]))
        }
        if !billed.bill.together.isEmpty {
            let others = billed.bill.together.map { numbers.integer($0 + 1) }.joined(separator: ", ")
            lines.append(try words("billTogether", ["faults": others]))
        }
        if let before = billed.bill.before {
            var values = [
                "from": numbers.integer(before.seconds.lowerBound), "to": numbers.integer(before.seconds.upperBound),
            ]
            values["control"] = bills.control.map { numbers.integer(Int($0.began)) }
            lines.append(try words("billMethod", values))
        } else {
            lines.append(try words("billNoBefore"))
        }
        if isFirst {
            lines.append(
                try words(
                    "billRule",
                    ["calm": numbers.integer(FaultBill.calm), "steady": numbers.integer(FaultBill.steady)]))
        }
        return try lines + failover(study) + storeSettings(study)
    }

    private func failover(_ study: Study) throws -> [String] {
        guard let file = study.measurement.deployed.first(where: { $0.name == "nginx.conf" }),
            let found = DeployedFailover(nginxConfiguration: file.text)
        else { return [] }
        var values = [
            "next": Markdown.code(found.nextUpstream), "connect": Markdown.code(found.connectTimeout),
            "read": Markdown.code(found.readTimeout),
        ]
        if found.triesNext { values["tries"] = "" }
        if let server = found.server {
            values["fails"] = Markdown.inline(server.maxFails)
            values["timeout"] = Markdown.inline(server.failTimeout)
            if server.maxFails == "0" { values["never"] = "" }
        }
        return [try words("billFailover", values) + " " + source(study, "deployed nginx.conf")]
    }

    /// What the store's deployed arguments say of its connections to the databases, and of Redis's stand-in.
    private func storeSettings(_ study: Study) throws -> [String] {
        var lines: [String] = []
        for file in study.measurement.deployed {
            let place = source(study, "deployed \(file.name)")
            if let found = file.text.firstMatch(of: /--pool-size"?[ ,=]+"?(\d+)/), let size = Int(found.1) {
                lines.append(try words("billPool", ["pool": numbers.integer(size)]) + " " + place)
            }
            if let found = file.text.firstMatch(of: /--report-fallback"?[ ,=]+"?(none|mysql)/) {
                lines.append(try words("billFallback", found.1 == "mysql" ? ["mysql": ""] : [:]) + " " + place)
            }
        }
        return lines
    }
}
