import Analysis
import Model

/// What was near its limit on the decisive plateau.
extension Writer {
    func saturation(of study: Study) throws -> View {
        guard let step = study.decisive?.step, step.plateauBegan < step.plateauEnded else {
            return ["sentence": try notMeasured("")]
        }
        let found = Saturation(
            study.measurement, seconds: step.plateauBegan..<step.plateauEnded, host: run.manifest.host)
        guard !found.parts.isEmpty else { return ["sentence": try notMeasured("")] }
        var sentences: [String] = []
        if found.isGeneratorLimited, let peak = found.generatorPeak {
            sentences.append(try words("saturatedGenerator", ["peak": numbers.percent(peak)]))
        }
        for part in found.nearTheirLimits {
            sentences.append(
                try words(
                    part.name == "machine" ? "saturatedMachine" : "saturatedPart",
                    [
                        "part": Markdown.inline(part.name), "cores": numbers.short(part.cores),
                        "available": part.available.map(numbers.exact) ?? "–", "share": percent(part.share),
                    ]))
        }
        if sentences.isEmpty { sentences.append(try words("saturatedNotShown")) }
        if found.isDisturbed, let rest = found.rest {
            let cores = Double(run.manifest.host.cores)
            sentences.append(
                try words("saturatedByOthers", ["cores": numbers.short(rest), "share": numbers.percent(rest / cores)]))
        }
        var rows: [View] = try found.parts.map { part in
            [
                "part": try name(of: part), "cores": numbers.short(part.cores),
                "available": part.available.map(numbers.exact) ?? "–", "share": percent(part.share),
            ]
        }
        if let rest = found.rest {
            let cells = ["part": try words("partRest"), "cores": numbers.short(rest), "available": "–", "share": "–"]
            rows.insert(cells, at: rows.count - 1)
        }
        return [
            "sentence": sentences.joined(separator: " "),
            "table": [
                "rows": rows, "users": numbers.integer(step.users),
                "peak": try found.generatorPeak.map(numbers.percent) ?? words("notMeasured"),
            ] as View,
        ]
    }

    private func name(of part: Saturation.Part) throws -> String {
        switch part.name {
        case "generator": try words("partGenerator")
        case "machine": try words("partMachine")
        default: Markdown.inline(part.name)
        }
    }
}
