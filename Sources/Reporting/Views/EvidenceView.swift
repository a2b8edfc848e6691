import Analysis
import Model

/// What the signals say of the plateau that decides, and of the one before it.
struct Evidence {
    let study: Study
    /// The first that failed; where none did, the one of most users.
    let decisive: JudgedStep
    /// The last that passed before the one that failed.
    let passed: JudgedStep?
    let signals: [Signal]
    let found: Bottleneck
    let usage: Saturation

    var hasFailed: Bool { !decisive.passed }
    var plateau: Range<Int> { decisive.plateau }
    /// The metric of the criterion that was met.
    var broken: CriterionMetric? { decisive.breach?.criterion.metric }
    /// What the means are over: the plateau that passed, if any, and then the decisive one.
    var stretches: [Range<Int>] { [passed?.plateau].compactMap(\.self) + [found.seconds] }

    /// - Returns: nil where there was no plateau.
    init?(of study: Study, host: Host) {
        guard let step = study.firstFailed ?? study.answer?.passing ?? study.steps.last,
            !step.passed || !step.plateau.isEmpty
        else { return nil }
        self.study = study
        decisive = step
        passed = step.passed ? nil : study.lastPassed
        signals = study.recorded.signals(host: host)
        usage = Saturation(study.measurement, seconds: step.plateau, host: host)
        found = Bottleneck(
            signals: signals, passed: passed?.plateau, failed: step.plateau, validity: step.validity,
            broken: step.breach?.criterion.metric, isDisturbed: usage.isDisturbed && !usage.restHoldsTarget)
    }

    /// Parts of somebody's own application that used one core's worth, which is all that one thread can.
    var oneCore: [SignalChange] { study.service == nil ? [] : found.oneCore }

    /// Of the application, what is nearest to its own capacity.
    var nearest: SignalChange? {
        found.changes.filter { $0.signal.role != nil && ($0.closeness ?? 0) > 0 }
            .max { ($0.closeness ?? 0) < ($1.closeness ?? 0) }
    }

    /// Whether a part said something of itself beside CPU and memory: refusals, or work that waits.
    var isWatchedWithin: Bool {
        guard study.subject != .store else { return study.measurement.signals != nil }
        return found.changes.contains {
            $0.signal.role != nil && ![.cpu, .memory, .throttled].contains($0.signal.kind)
        }
    }

    /// Whether a part of somebody's own may work on one thread, for all that is known, and use no more than a core.
    func mayBeOneThread(_ change: SignalChange) -> Bool {
        guard study.service != nil, change.signal.kind == .cpu, let component = study.component(of: change.signal)
        else {
            return false
        }
        return component.cpuLimit?.enforced != true && ![.database, .prometheus].contains(component.role)
            && (change.signal.limit ?? 0) > 1 && change.failed <= 1
    }

    /// Where what was full was so before: what rose instead.
    var risen: [SignalChange] { Array(found.risen.prefix(Self.mostRisen)) }

    private static let mostRisen = 3
    private static let mostOthers = 8

    /// What the table shows, in the order of its weight: what a cause stands on, the CPU of every part, and of the rest
    /// what was half full or rose.
    var rows: [SignalChange] {
        let shown = found.findings.flatMap(\.evidence)
        var others = 0
        return found.changes.filter { change in
            if shown.contains(change) || [.cpu, .generatorBusy].contains(change.signal.kind) { return true }
            let rose = change.passed != nil && change.isGrown
            guard (change.closeness ?? 0) >= 0.5 || rose, others < Self.mostOthers else { return false }
            others += 1
            return true
        }
    }
}

extension JudgedStep {
    /// In seconds of the load.
    var plateau: Range<Int> { step.plateau }
}

extension Study {
    /// The first plateau that failed: of a search, its upper bound.
    var firstFailed: JudgedStep? {
        if let answer { return answer.failing }
        return steps.first { !$0.passed }
    }

    /// The last that passed before it: of a search, its lower bound.
    var lastPassed: JudgedStep? {
        if let answer { return answer.passing }
        return steps.prefix { $0.passed }.last
    }
}

/// The table of evidence.
extension Writer {
    func table(_ evidence: Evidence) throws -> View {
        let rows = evidence.rows
        var view: View = [
            "level": try name(of: evidence.decisive.step.level),
            "window": try window(evidence),
            "rows": try rows.map { try row($0, evidence) },
        ]
        if let passed = evidence.passed { view["compared"] = ["passedLevel": try name(of: passed.step.level)] }
        let left = evidence.found.changes.count - rows.count
        if left > 0 {
            view["method"] = try words("causeOmitted", ["count": numbers.integer(left)])
        }
        return view
    }

    /// Which seconds the means are over.
    private func window(_ evidence: Evidence) throws -> String {
        func values(_ step: JudgedStep, _ seconds: Range<Int>) throws -> [String: String] {
            [
                "level": try name(of: step.step.level), "from": numbers.integer(seconds.lowerBound),
                "to": numbers.integer(seconds.upperBound),
            ]
        }
        let steps = [evidence.passed, evidence.decisive].compactMap(\.self)
        let parts = try zip(steps, evidence.stretches).map { try words("windowPart", try values($0, $1)) }
        let places = steps.compactMap { step in evidence.study.steps.firstIndex { $0.step == step.step } }
            .map { "steps[\($0)]" }
        let text = try words("window", ["parts": parts.joined(separator: separator)])
        return text + " " + source(evidence.study, places.joined(separator: ", "))
    }

    private func row(_ change: SignalChange, _ evidence: Evidence) throws -> View {
        // A hundredth of a limit is within what such readings err by.
        let isTold = change.closeness.map { $0 >= 0.01 } ?? true
        let growth = change.growth.map { "×" + numbers.short($0) }
        return [
            "part": part(change.signal), "signal": try name(of: change.signal.kind),
            "passed": change.passed.map { value($0, change.signal.kind) } ?? "–",
            "failed": value(change.failed, change.signal.kind),
            "limit": limit(of: change.signal), "share": percent(change.closeness),
            "growth": !isTold
                ? "–" : growth ?? (change.failed > 0 && change.passed != nil ? text("causeNew") : "–"),
            "origin": source(evidence, [change]),
        ]
    }

    /// The readings that some values are means of.
    func source(_ evidence: Evidence, _ changes: [SignalChange]) -> String {
        source(evidence.study, changes.map(\.signal), evidence.stretches)
    }

    func source(_ study: Study, _ signals: [Signal], _ stretches: [Range<Int>]) -> String {
        let places = signals.map { study.recorded.place(of: $0, during: stretches) }
        let distinct = places.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return source("\(study.folder)/\(distinct.joined(separator: "; "))")
    }
}
