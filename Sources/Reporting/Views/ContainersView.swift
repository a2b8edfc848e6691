import Analysis
import Model

/// What is to be said of containers, and of components that were lost.
extension Writer {
    /// One line per component that ended under load: when, what it cost, and whether the others took over.
    func losses(of study: Study) throws -> [String] {
        try (study.measurement.losses ?? []).map { loss in
            let outage = Outage(loss, in: study.recorded.samples)
            return try words(
                outage.recovered == nil ? "lossNotRecovered" : "lossRecovered",
                [
                    "component": Markdown.code(loss.component), "second": numbers.integer(loss.second),
                    "failed": numbers.integer(outage.failed),
                    "recovered": outage.recovered.map(numbers.integer) ?? "–",
                    "before": outage.rateBefore.map(numbers.short) ?? "–",
                    "after": outage.rateAfter.map(numbers.short) ?? "–",
                ]) + " " + source(study, "losses")
        }
    }

    /// Containers that were started again by themselves.
    func restarts(of study: Study) throws -> [String] {
        let again = study.measurement.components.compactMap { component in
            component.restarts.flatMap { $0 > 0 ? "\(Markdown.code(component.name)) ×\(numbers.integer($0))" : nil }
        }
        if again.isEmpty { return [] }
        let text = try words("factRestarts", ["components": again.joined(separator: ", ")])
        return [text + " " + source(study, "components")]
    }

    /// Where the two stacks of the store differ; only a run of it on containers needs to know.
    func differences() throws -> View? {
        guard studies.joined().contains(where: { $0.subject == .store && $0.measurement.stackKind == "compose" }) else {
            return nil
        }
        let rows = try ["Database", "Path", "CPU", "Disk", "Checks", "Names", "Same"].map { name -> View in
            [
                "name": try words("differs\(name)"), "local": try words("differs\(name)Local"),
                "compose": try words("differs\(name)Compose"),
            ]
        }
        return ["rows": rows]
    }

    /// An image with the beginning of its digest, which says what it really was.
    func imageText(_ image: ContainerImage) -> String {
        let hash = image.digest.split(separator: ":").last.map { String($0.prefix(12)) } ?? image.digest
        return "\(Markdown.code(image.name)) (\(hash))"
    }
}
