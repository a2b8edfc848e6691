import Analysis
import Model

/// Failures by kind, with an example of each.
extension Writer {
    func failures(of study: Study) throws -> View {
        let samples = study.recorded.samples
        guard !samples.isEmpty else { return ["none": try words("failuresNotMeasured")] }
        let plateaus = study.steps.map(\.step.plateau)
        let inside = samples.filter { sample in plateaus.contains { $0.contains(sample.second) } }
        let all = FailureCount.summed(samples.flatMap { $0.tasks.map(\.failures) })
        guard !all.isEmpty else { return ["none": try words("failuresNone")] }
        let counted = FailureCount.summed(inside.flatMap { $0.tasks.map(\.failures) })
        let rows: [View] = try all.map { failure in
            [
                "kind": try name(of: failure.kind),
                "count": numbers.integer(failure.count),
                "plateaus": numbers.integer(counted.first { $0.kind == failure.kind }?.count ?? 0),
                "origin": source("\(study.folder)/samples.jsonl tasks.failures"),
            ]
        }
        let examples: [View] = try all.prefix(8).compactMap { failure in
            try study.measurement.failures.first { $0.kind == failure.kind }.map(example)
        }
        return ["some": ["rows": rows, "examples": examples] as View]
    }

    private func example(_ example: FailureExample) throws -> View {
        let request = Markdown.beginning(of: example.request)
        let response = example.response.isEmpty ? try words("noResponse") : Markdown.beginning(of: example.response)
        return [
            "line": try words(
                "failureExample",
                [
                    "kind": try name(of: example.kind), "task": Markdown.inline(example.task),
                    "time": numbers.exact((example.time * 10).rounded() / 10), "latency": latency(example.latency),
                    "detail": try detail(example.detail),
                ]),
            "block": Markdown.fenced("> \(request)\n\n< \(response)"),
        ]
    }

    func detail(_ text: String) throws -> String {
        Markdown.inline(Markdown.beginning(of: try recorded(text), characters: 200, lines: 2))
    }

    func name(of kind: FailureKind) throws -> String { try words.name(of: kind) }
}
