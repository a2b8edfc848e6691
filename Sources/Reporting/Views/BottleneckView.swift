import Analysis
import Model

/// Why the first plateau that failed did so; where none failed, how near its limits the stack was: the cause that the signals
/// support, its graph, and the evidence.
extension Writer {
    func bottleneck(of study: Study) throws -> View {
        guard let evidence = Evidence(of: study, host: run.manifest.host) else {
            return ["heading": try words("headingSaturation"), "sentence": try notMeasured("")]
        }
        let heading = try words(evidence.hasFailed ? "headingBottleneck" : "headingSaturation")
        var view: View = [
            "heading": heading,
            "lines": try
                (further(evidence, evidence.signs, after: evidence.firstSign) + deviations(evidence)
                + generator(evidence) + others(evidence)
                + missing(evidence))
                .map { ["line": $0] },
        ]
        if !evidence.found.changes.isEmpty { view["table"] = try table(evidence) }
        // Without variants both stand before the folds.
        guard study.measurement.variant != nil else { return view }
        let cause = try cause(evidence)
        view["sentence"] = cause.sentence
        if let chart = cause.chart {
            view["chart"] = ["block": block(chart)]
        }
        return view
    }

    /// What limits, and its graph where there is one.
    func cause(_ evidence: Evidence) throws -> (sentence: String, chart: LineChart?) {
        if let sign = evidence.firstSign { return (try conclusion(sign, evidence), try chart(sign, evidence)) }
        return (try conclusion(evidence, evidence.signs), evidence.found.findings.first.flatMap(signalChart))
    }

    /// What a sign tells comes first.
    private func conclusion(_ sign: SignFinding, _ evidence: Evidence) throws -> String {
        try words("causeFirst", ["cause": try sentence(sign, evidence)]) + " " + source(evidence, sign)
    }

    /// What limits, in a sentence, as far as a signal supports it.
    private func conclusion(_ evidence: Evidence, _ signs: [SignFinding]) throws -> String {
        if let finding = evidence.found.findings.first {
            let cause = try sentence(finding, evidence)
            let risen = finding.isWorse ? [] : evidence.risen
            let name = evidence.hasFailed ? finding.isWorse ? "causeFirst" : "causeSaturated" : "heldFull"
            var values = ["cause": cause]
            if !risen.isEmpty { values["risen"] = try risen.map(rise).joined(separator: separator) }
            let text = try words(name, values) + " " + source(evidence, finding.evidence + risen)
            // A sign of the same thing says it in the part's own words.
            guard finding.isWorse, let sign = signs.first(where: { $0.isCause && $0.kind.signal == finding.cause })
            else { return text }
            let told = ["sign": try self.name(of: sign.kind), "found": try found(sign, evidence)]
            return text + " " + (try words("causeTold", told)) + " " + source(evidence, sign)
        }
        if let first = evidence.oneCore.first {
            let name = evidence.hasFailed ? "causeCandidate" : "heldCandidate"
            return try words(name, ["cause": try oneCore(first)]) + " " + source(evidence, [first])
        }
        var watched: [String: String] = [:]
        if evidence.found.changes.contains(where: { $0.signal.role != nil }) { watched["watched"] = "" }
        if evidence.isWatchedWithin { watched["signals"] = "" }
        var sentence = try words(evidence.hasFailed ? "causeNone" : "heldNone", watched)
        if let nearest = evidence.nearest {
            let values = [
                "part": part(nearest.signal), "signal": try name(of: nearest.signal.kind),
                "value": value(nearest.failed, nearest.signal.kind), "limit": limit(of: nearest.signal),
                "share": percent(nearest.closeness),
            ]
            sentence += " " + (try words("causeNearest", values))
            if evidence.mayBeOneThread(nearest) {
                sentence += " " + (try words("nearestOneThread", ["share": numbers.percent(nearest.failed)]))
            }
            sentence += " " + source(evidence, [nearest])
        }
        return sentence
    }

    /// - Parameter first: the sign that was named first, if any.
    private func further(_ evidence: Evidence, _ signs: [SignFinding], after first: SignFinding?) throws -> [String] {
        let told = evidence.firstCause
        let others = signs.filter {
            $0.isCause && $0 != first && (first != nil || told == nil || $0.kind.signal != told)
        }
        let lines = try others.map {
            try words("causeAlso", ["cause": try sentence($0, evidence)]) + " " + source(evidence, $0)
        }
        let found = try evidence.found.findings.dropFirst(first == nil ? 1 : 0).map {
            try words($0.isWorse ? "causeAlso" : "causeAlsoSaturated", ["cause": try sentence($0, evidence)]) + " "
                + source(evidence, $0.evidence)
        }
        // The first is the conclusion where nothing else is.
        let isConclusion = first == nil && evidence.found.findings.isEmpty
        let candidates = isConclusion ? Array(evidence.oneCore.dropFirst()) : evidence.oneCore
        return try lines + found
            + candidates.map {
                try words("causeAlsoCandidate", ["cause": try oneCore($0)]) + " " + source(evidence, [$0])
            }
    }

    private func oneCore(_ change: SignalChange) throws -> String {
        try words(
            "causeOneCore",
            ["part": part(change.signal), "failed": value(change.failed, .cpu), "limit": limit(of: change.signal)])
    }

    /// What rose from the plateau that passed to the one that failed, in words.
    private func rise(_ change: SignalChange) throws -> String {
        try words(
            "causeRise",
            [
                "part": part(change.signal), "signal": try name(of: change.signal.kind),
                "passed": change.passed.map { value($0, change.signal.kind) } ?? "–",
                "failed": value(change.failed, change.signal.kind),
                "growth": change.growth.map(numbers.short) ?? "–",
            ])
    }

    /// Replicas that are far from the others.
    private func deviations(_ evidence: Evidence) throws -> [String] {
        try evidence.found.deviations.map { deviation in
            let signal = deviation.change.signal
            let text = try words(
                "replicaDeviates",
                [
                    "part": part(signal), "signal": try name(of: signal.kind),
                    "value": value(deviation.change.failed, signal.kind),
                    "others": value(deviation.others, signal.kind),
                ])
            let all = evidence.found.changes.filter { $0.signal.kind == signal.kind && $0.signal.role == .store }
            return text + " " + source(evidence, all)
        }
    }

    func sentence(_ finding: Bottleneck.Finding, _ evidence: Evidence) throws -> String {
        let first = finding.evidence[0]
        let component = evidence.study.component(of: first.signal)
        var values = [
            "part": part(first.signal), "failed": value(first.failed, first.signal.kind),
            "limit": limit(of: first.signal), "share": percent(first.closeness),
        ]
        if component?.cpuLimit?.enforced == true { values["capped"] = "" }
        // What refused was full at times only.
        if (first.closeness ?? 1) < 0.98 { values["mean"] = "" }
        values["service"] = evidence.study.service.map { Markdown.code($0) }
        values.merge(many(first.failed)) { $1 }
        values.merge(many(first.signal.limit ?? 0, "limitMany")) { $1 }
        values["slower"] = first.growth.map { numbers.percent(1 - 1 / $0) }
        values["passed"] = first.passed.map { value($0, first.signal.kind) }
        // Of the part that is named, where it has such a signal.
        let named = finding.evidence.dropFirst().filter { $0.signal.component == first.signal.component }
        for change in named + finding.evidence.dropFirst() where values[change.signal.kind.rawValue] == nil {
            values[change.signal.kind.rawValue] = value(change.failed, change.signal.kind)
        }
        return try words("cause_\(finding.cause.said(of: component).rawValue)", values)
    }

    /// How the load generator did: what bounds it bounds the answer.
    private func generator(_ evidence: Evidence) throws -> [String] {
        guard let peak = evidence.usage.generatorPeak else { return [try words("generatorNotMeasured")] }
        var values = ["peak": numbers.percent(peak)]
        if evidence.usage.isGeneratorLimited {
            return [try words("generatorNear", values) + " " + source(evidence.study, "generator.peakThreadCPU")]
        }
        // The quantity of the table below, which shows its means over the same seconds.
        let signal = evidence.signals.first { $0.kind == .generatorBusy }
        guard let signal, let busiest = evidence.stretches.compactMap({ signal.maximum($0) }).max() else {
            return [try words("generatorPeak", values) + " " + source(evidence.study, "generator.peakThreadCPU")]
        }
        values["peak"] = numbers.percent(busiest)
        return [try words("generatorBusiest", values) + " " + source(evidence.study, [signal], evidence.stretches)]
    }

    /// What belongs to no part of the experiment, where it used much of the machine.
    private func others(_ evidence: Evidence) throws -> [String] {
        guard evidence.usage.isDisturbed, let rest = evidence.usage.rest else { return [] }
        let share = rest / Double(max(1, run.manifest.host.cores))
        let text = try words(
            evidence.usage.restHoldsTarget ? "disturbedOrTarget" : "disturbed",
            ["cores": numbers.short(rest), "share": numbers.percent(share)].merging(many(rest)) { $1 })
        let used = Signal(kind: .cpu, component: Signal.rest, role: nil)
        return [text + " " + source(evidence.study, [used], [evidence.plateau])]
    }

    private func missing(_ evidence: Evidence) throws -> [String] {
        let measurement = evidence.study.measurement
        var lines: [String] = []
        let unread = (measurement.components.map(\.name) + [Signal.generator, Signal.machine]).filter { name in
            !evidence.signals.contains { $0.kind == .cpu && $0.component == name }
        }
        if !unread.isEmpty {
            let parts = unread.map { part(Signal(kind: .cpu, component: $0, role: role(of: $0, measurement))) }
            lines.append(try words("causeNoUsage", ["parts": parts.joined(separator: ", ")]))
        }
        guard let record = measurement.signals else { return lines + [try words("causeNotWatched")] }
        if !record.missing.isEmpty {
            let names = record.missing.map(Markdown.inline).joined(separator: ", ")
            // Nobody was sure to be answered by parts of somebody's own.
            let name = evidence.study.subject == .store ? "causeMissing" : "causeMissingOther"
            lines.append(try words(name, ["parts": names]))
        }
        return lines
    }

    private func role(of name: String, _ measurement: Measurement) -> Component.Role? {
        measurement.components.first { $0.name == name }?.role
    }
}

extension Evidence {
    /// The sign that is the first cause; nil where none is, or a signal comes before it.
    var firstSign: SignFinding? { signs.first.flatMap { $0.precedes(firstCause, broken: broken) ? $0 : nil } }
}
