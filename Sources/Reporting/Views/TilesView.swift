import Analysis
import Model

/// The answers of a page at a glance: one figure per experiment, which leads to its section.
extension Writer {
    /// As HTML.
    func tiles() throws -> [View] {
        try experimentsInOrder.map { index in
            let experiment = run.experiments[index].experiment
            let (figure, unit) = try figure(of: experiment, at: index)
            return [
                "anchor": HTML.escaped(Markdown.anchor(of: try heading(of: experiment))),
                "title": HTMLInline.html(title(of: experiment)),
                "question": experiment.question.map { numbers.integer($0) } ?? "",
                "figure": HTML.escaped(figure), "unit": HTML.escaped(unit),
            ]
        }
    }

    private func figure(of experiment: Experiment, at index: Int) throws -> (figure: String, unit: String) {
        switch finding(of: experiment, at: index) {
        case .notBegun: return ("–", try words("notMeasured"))
        case .policies(let studies):
            let policy = try inForce(experiment, studies).map(policyName) ?? "–"
            return (policy.split(separator: " (").first.map(String.init)?.replacing("`", with: "") ?? policy, "")
        case .limit(let answer, _): return (answer.figureText(numbers), try words("tableUsers"))
        case .orders(_, let study), .plateaus(let study):
            if let answer = study.answer { return (answer.figureText(numbers), try words("tableUsers")) }
            return (latency(study.steps.last?.summary?.all.succeeded.p50), "p50")
        }
    }
}
