import Analysis
import Model

/// What logs, failed answers and the container engine said of the application's own trouble, step by step.
extension Writer {
    private static let mostRows = 30

    /// - Returns: nil in records of versions that did not look.
    func signs(of study: Study) throws -> View? {
        guard study.recorded.looksForSigns, let record = study.measurement.signs else { return nil }
        let traces = study.recorded.signs
        let rows = try rows(of: study, traces)
        var lines = [try looked(record)]
        if traces.isEmpty { lines[0] += " " + (try words("signsNone")) }
        lines[0] += " " + source(study, "signs")
        if !record.cut.isEmpty {
            lines.append(
                try words("signsCut", ["parts": list(record.cut)]) + " " + source(study, "signs.cut"))
        }
        let all = 0..<max(1, (study.recorded.samples.last?.second ?? 0) + 1)
        if let sample = traces.lazy.compactMap({ $0.sample(all) }).first {
            let values = ["looked": numbers.integer(sample.looked), "failed": numbers.integer(sample.failed)]
            lines.append(try words("signsSampled", values) + " " + source("\(study.folder)/samples.jsonl signs"))
        }
        if rows.count > Self.mostRows {
            lines.append(try words("signsMore", ["count": numbers.integer(rows.count - Self.mostRows)]))
        }
        var view: View = ["lines": lines.map { ["line": $0] }]
        if !rows.isEmpty { view["table"] = ["rows": Array(rows.prefix(Self.mostRows))] as View }
        return view
    }

    private func looked(_ record: SignRecord) throws -> String {
        record.read.isEmpty
            ? try words("signsLookedInAnswers") : try words("signsLooked", ["logs": list(record.read)])
    }

    private func list(_ parts: [String]) -> String { parts.map(Markdown.code).joined(separator: ", ") }

    private func rows(of study: Study, _ traces: [SignTrace]) throws -> [View] {
        var rows: [View] = []
        var rest = traces
        for step in study.steps {
            let span = step.span
            for (index, trace) in traces.enumerated() where trace.count(span) > 0 {
                rest[index].counts = rest[index].counts.filter { !span.contains($0.key) }
                let seconds = trace.counts.keys.filter { span.contains($0) }
                rows.append(try row(try name(of: step.step.level), trace, seconds, trace.count(span), study))
            }
        }
        for trace in rest where !trace.counts.isEmpty {
            let count = trace.counts.values.reduce(0, +)
            rows.append(try row(try words("signOutside"), trace, Array(trace.counts.keys), count, study))
        }
        return rows
    }

    private func row(
        _ step: String, _ trace: SignTrace, _ seconds: [Int], _ count: Int, _ study: Study
    ) throws -> View {
        let example = Markdown.beginning(
            of: SignExcerpt.shown(trace.example, of: trace.kind), characters: 210, lines: 1)
        return [
            "step": step, "sign": try name(of: trace.kind), "place": try place(of: trace),
            "count": numbers.integer(count), "first": numbers.integer(seconds.min() ?? 0),
            "last": numbers.integer(seconds.max() ?? 0),
            "example": trace.example.isEmpty ? "–" : Markdown.cell(Markdown.code(example)),
            "origin": source("\(study.folder)/\(trace.place)"),
        ]
    }

    func name(of sign: SignKind) throws -> String { try words("sign_\(sign.rawValue)") }

    private func place(of trace: SignTrace) throws -> String {
        let part = ["part": Markdown.code(trace.component ?? "")]
        return switch trace.source {
        case .log: try words("signLogOf", part)
        case .answers: try words("signFailedAnswers")
        case .engine: Markdown.code(trace.component ?? "")
        }
    }
}

/// Signs as causes.
extension Writer {
    /// What a sign tells of the step that failed, beside the one that passed.
    func sentence(_ finding: SignFinding, _ evidence: Evidence) throws -> String {
        try words("causeSign_\(finding.kind.rawValue)", ["found": try found(finding, evidence)])
    }

    /// Where it was found, how often, and how often where all criteria held.
    func found(_ finding: SignFinding, _ evidence: Evidence) throws -> String {
        let levels = ["level": try name(of: evidence.decisive.step.level)]
        return try finding.places.prefix(3).map { place in
            var values = levels.merging(many(Double(place.failed))) { $1 }
            values["part"] = Markdown.code(place.trace.component ?? "")
            values["count"] = numbers.integer(place.failed)
            if let sample = place.trace.sample(evidence.decisive.span) {
                values["looked"] = numbers.integer(sample.looked)
            }
            if let passed = place.passed, let step = evidence.passed {
                values["passed"] = passed == 0 ? try words("signNone") : numbers.integer(passed)
                values["passedLevel"] = try name(of: step.step.level)
            }
            return switch place.trace.source {
            case .log: try words("signInLog", values)
            case .answers: try words("signInAnswers", values)
            case .engine: try words("signByEngine", values)
            }
        }.joined(separator: separator)
    }

    func source(_ evidence: Evidence, _ finding: SignFinding) -> String {
        let places = finding.places.map(\.trace.place).reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        return source("\(evidence.study.folder)/\(places.joined(separator: "; "))")
    }

    /// How often it was seen in each second of the load.
    func chart(_ finding: SignFinding, _ evidence: Evidence) throws -> LineChart {
        let seconds = evidence.study.recorded.samples.map(\.second)
        let answers = try words("signFailedAnswers")
        var drawn = chart(
            "chartSigns", unit: "", x: "chartSeconds",
            finding.places.prefix(3).map { place in
                (
                    place.trace.component ?? answers,
                    seconds.map { LineChart.Point(x: Double($0), y: Double(place.trace.counts[$0] ?? 0)) }
                )
            })
        drawn.namesSingleSeries = true
        return drawn
    }
}

extension Evidence {
    /// What the signals name first, where it became worse.
    var firstCause: Bottleneck.Cause? { found.findings.first.flatMap { $0.isWorse ? $0.cause : nil } }

    /// Of the step that failed; none where none did.
    var signs: [SignFinding] {
        guard hasFailed, study.recorded.looksForSigns else { return [] }
        let span = decisive.span
        let tasks = study.recorded.samples.filter { span.contains($0.second) }.flatMap(\.tasks)
        let failures = tasks.reduce(0) { $0 + $1.failed.count }
        // While its users come, the step that passed may still suffer from the one before, and nothing is judged.
        return SignFinding.all(
            study.recorded.signs, passed: passed?.plateau, failed: span,
            requests: failures + tasks.reduce(0) { $0 + $1.succeeded.count }, failures: failures,
            broken: decisive.breach?.criterion.metric)
    }
}

extension JudgedStep {
    /// The ramp and the plateau, in seconds of the load.
    var span: Range<Int> {
        let began = min(Int(max(0, step.rampBegan)), step.plateauBegan)
        return began..<max(began, step.plateauEnded)
    }
}
