import Model

/// Where the numbers of a sentence or of a table's row come from: the file of the record, from the run's folder, and the place in
/// it. They are comments here; `Footnotes` gives them ids.
extension Writer {
    func source(_ place: String) -> String { "<!-- \(place) -->" }

    /// - Parameter place: in the measurement's `record.json`.
    func source(_ study: Study, _ place: String) -> String { source("\(study.folder)/record.json \(place)") }

    /// All measurements of some experiments.
    func sources(ofMeasurements experiments: [Int]) -> String {
        source(experiments.map { "\(run.experiments[$0].folder)/**/record.json" }.joined(separator: "; "))
    }

    /// The lines of a step's plateau in the file of samples.
    func source(_ study: Study, plateauOf step: LoadStep) -> String {
        let lines = study.recorded.samples.indices.filter { index in
            let second = study.recorded.samples[index].second
            return step.plateauBegan <= second && second < step.plateauEnded
        }
        guard let first = lines.first, let last = lines.last else { return source(study, "steps") }
        return source("\(study.folder)/samples.jsonl:\(first + 1)-\(last + 1)")
    }
}
