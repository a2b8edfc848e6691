import Analysis
import Model

/// Turns a run's report into what the template of its grading sheet lays out.
struct GradingWriter {
    let writer: Writer
    /// Of the report.
    let file: String
    let text: ReportText

    var words: Words { writer.words }
    private var run: RecordedRun { writer.run }

    private static let questions = 1...5

    func view() throws -> View {
        [
            "w": words.texts,
            "intro": try words(
                "gradingIntro", ["run": Markdown.code(run.manifest.id), "file": "[\(Markdown.inline(file))](\(file))"]),
            "questions": try Self.questions.map(view),
            "every": try itemsOfAll().map { try row($0, under: nil) },
        ]
    }

    private func view(of question: Int) throws -> View {
        guard let index = run.experiments.firstIndex(where: { $0.experiment.question == question }) else {
            return [
                "heading": try words("gradingNoQuestion", ["question": "\(question)"]),
                "note": try words("gradingNotAsked"),
                "items": try ([GradingItem(name: "number", texts: [])] + items(for: question, nil)).map {
                    ["item": try words("grade_\($0.name)"), "place": try missing()]
                },
            ]
        }
        let experiment = run.experiments[index].experiment
        let heading = try writer.heading(of: experiment)
        let isAnswered = writer.studies[index].contains { $0.measurement.outcome == .measured }
        let number: View = [
            "item": try words("grade_number"),
            "place": isAnswered ? try link(to: ReportText.Place(heading: heading), under: heading) : try missing(),
        ]
        return [
            "heading": heading, "answer": try writer.shortAnswer(of: experiment, at: index),
            "items": try [number]
                + items(for: question, writer.studies[index].first).map {
                    try row($0, under: heading)
                },
            "think": try writer.think(of: experiment, at: index),
        ]
    }

    private func row(_ item: GradingItem, under heading: String?) throws -> View {
        let place = item.isMeasured ? text.place(of: item.texts, under: heading) : nil
        return [
            "item": Markdown.cell(try words("grade_\(item.name)")),
            "place": try place.map { try link(to: $0, under: heading) } ?? missing(),
        ]
    }

    private func missing() throws -> String { "**\(try words("gradingMissing"))**" }

    /// - Parameter section: whose items these are; its heading stands above them.
    private func link(to place: ReportText.Place, under section: String?) throws -> String {
        let heading = try place.heading ?? words(writer.titleName)
        let target = "(\(file)#\(Markdown.anchor(of: heading)))"
        let fold = try place.fold.map { try words("gradingFold", ["fold": Markdown.cell($0)]) }
        let text =
            if heading == section { try fold ?? words("gradingTop") } else {
                ([Markdown.cell(heading)] + [fold].compactMap(\.self)).joined(separator: ", ")
            }
        return (["[\(text)]\(target)"] + (place.footnote.map { ["[\($0)]"] } ?? [])).joined(separator: ", ")
    }
}
