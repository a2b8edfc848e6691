import Analysis
package import Model
import Threads

/// What a template sees: texts, lists of views, flags.
typealias View = [String: Any]

/// Turns a record into the views that the templates lay out. The views' files extend it, one per part of the report.
struct Writer {
    let run: RecordedRun
    let language: Language
    let words: Words
    let form: ReportForm
    /// Takes what differs by the form; without it that is written in the one form.
    let parts: FormedParts?
    let numbers: Numbers
    /// For charts.
    let plain: Numbers
    let titleName: String
    /// By experiment and measurement, in the order of the run.
    let studies: [[Study]]
    /// By experiment, the second time, the third and so on.
    let repetitions: [[[Study]]]

    init(
        _ studied: StudiedRun, language: Language, words: Words, form: ReportForm = .markdown,
        parts: FormedParts? = nil
    ) {
        self.form = form
        self.parts = parts
        run = studied.run
        studies = studied.studies
        titleName = studied.titleName
        repetitions = studied.repetitions
        self.language = language
        self.words = words
        numbers = Numbers(language)
        plain = Numbers(language, plain: true)
    }

    func report() throws -> View {
        let sections = try experimentsInOrder.map { try section(at: $0) }
        var view: View = [
            "w": words.texts,
            "reportTitle": try words(titleName),
            "quick": run.manifest.quick,
            "languageNote": try languageNote() ?? "",
            "run": run.manifest.id,
            "began": Numbers.date(run.manifest.began),
            "host": try hostLine(),
            "incomplete": try (unreadable(of: run) + missing(run.allFaults)).map { ["line": $0] },
            "caveats": try caveats(), "sections": sections,
            "environment": try environment(),
            "validity": try validity().map { ["line": $0] }, "methods": try method().map { ["line": $0] },
        ]
        if let limits = commonLimits { view["criterion"] = try criterion(limits) }
        if let limits = try limitsChart() { view["limits"] = limits }
        if let differences = try differences() { view["differences"] = differences }
        return view
    }

    /// Where some texts are in English, because the words have none in the report's language.
    private func languageNote() throws -> String? {
        guard words.borrowed > 0 else { return nil }
        let count = words.texts.count
        return try words(
            "languageIncomplete",
            ["own": numbers.integer(count - words.borrowed), "all": numbers.integer(count)])
    }

    /// By question; those without one last.
    var experimentsInOrder: [Int] {
        run.experiments.indices.sorted { one, other in
            let (a, b) = (run.experiments[one].experiment.question, run.experiments[other].experiment.question)
            return (a ?? .max, one) < (b ?? .max, other)
        }
    }

    /// Of its section, in Markdown.
    func heading(of experiment: Experiment) throws -> String {
        let title = title(of: experiment)
        return try experiment.question.map {
            try words("headingQuestion", ["question": numbers.integer($0), "title": title])
        } ?? title
    }

    func title(of experiment: Experiment) -> String {
        let title = language.text(experiment.title)
        return Markdown.inline(language.spaced(title[...]))
    }

    /// A text in words for a value that was not measured.
    func notMeasured(_ reason: String) throws -> String {
        reason.isEmpty
            ? try words("notMeasured") : try words("notMeasuredBecause", ["reason": Markdown.inline(recorded(reason))])
    }

    /// A text that the program recorded in English, in the report's language where the words know it.
    func recorded(_ text: String) throws -> String { try words.recorded(text) }

    /// For `{{#many}}s{{/many}}`.
    func many(_ value: Double, _ name: String = "many") -> [String: String] {
        numbers.isPlural(value) ? [name: ""] : [:]
    }

    /// Between the parts of a list in a sentence.
    var separator: String { language.marked(";") }

    var colon: String { language.marked(":") }

    func latency(_ value: Seconds?) -> String { value.map(numbers.latency) ?? "–" }
    func milliseconds(_ value: Seconds?) -> String { value.map(numbers.milliseconds) ?? "–" }
    func percent(_ value: Share?) -> String { value.map(numbers.percent) ?? "–" }

    /// The value of a limit's metric with its unit.
    func value(_ value: Double, of metric: CriterionMetric) -> String {
        metric.isLatency ? numbers.latency(value) : numbers.percent(value)
    }

    /// A criterion, the task that broke it and the value found.
    func breach(_ breach: CriterionBreach) throws -> String {
        try words(
            "breach",
            [
                "limit": Markdown.code(breach.criterion.text),
                "task": try breach.task.map(Markdown.inline) ?? words("inAll"),
                "value": value(breach.value, of: breach.criterion.metric),
                "from": numbers.integer(breach.seconds.lowerBound),
                "to": numbers.integer(breach.seconds.upperBound),
            ])
    }
}

/// A run with all that its reports are written from, computed once for all languages and forms.
package struct StudiedRun: Sendable {
    package let run: RecordedRun
    let studies: [[Study]]
    let repetitions: [[[Study]]]

    package init(_ run: RecordedRun) {
        self.run = run
        let all = run.experiments.flatMap { parent in
            ([parent.measurements] + parent.repetitions).joined().map { (one: $0, parent: parent) }
        }
        // In the order in which they are taken below.
        var found = concurrently(all) { Study($0.one, of: $0.parent) }[...]
        func next(_ count: Int) -> [Study] {
            defer { found = found.dropFirst(count) }
            return Array(found.prefix(count))
        }
        let parted = run.experiments.map { parent in
            (next(parent.measurements.count), parent.repetitions.map { next($0.count) })
        }
        studies = parted.map(\.0)
        repetitions = parted.map(\.1)
    }
}

/// One measurement with all that is computed from it, once.
struct Study: Sendable {
    let recorded: RecordedMeasurement
    let tasks: [LoadTask]
    let criteria: [Criterion]
    let subject: StackSubject
    /// Requests arrived at a rate: there were no users.
    let isOpen: Bool
    /// Relative to the run's.
    let folder: String
    /// Latencies of each second's successes, all tasks together.
    let latencies: [Distribution]
    let steps: [JudgedStep]
    /// nil where no search was asked for.
    let answer: LimitAnswer?
    let policy: DeployedPolicy?
    /// nil in records of versions that did not look.
    let speed: MachineSpeed?
    /// What faults cost; nil where none was done.
    let bills: FaultBills?

    var measurement: Measurement { recorded.measurement }

    init(_ recorded: RecordedMeasurement, of parent: RecordedExperiment) {
        let experiment = parent.experiment
        self.recorded = recorded
        subject = experiment.stack.subject
        tasks = experiment.load.tasks
        criteria = experiment.criteria
        isOpen = experiment.load.shape.isOpen
        speed = MachineSpeed(recorded.measurement.signals)
        latencies = recorded.samples.map { Distribution.merged($0.tasks.map(\.succeeded)) }
        folder = ([parent.folder] + recorded.measurement.subfolders).joined(separator: "/")
        steps = recorded.judgedSteps(of: experiment)
        bills = recorded.faultBills(of: experiment)
        if case .findLimit(let plan) = experiment.load.shape {
            answer = LimitAnswer(steps: steps, plan: plan, generator: recorded.measurement.generator)
        } else {
            answer = nil
        }
        policy = recorded.measurement.deployed.first { $0.name == "nginx.conf" }
            .flatMap { DeployedPolicy(nginxConfiguration: $0.text) }
    }
    /// The requests of a plateau by group of tasks; none where the tasks have no groups.
    func groups(of step: JudgedStep) -> [RequestSummary] {
        guard step.summary != nil, tasks.contains(where: { $0.group != nil }) else { return [] }
        return RequestSummary.groups(of: tasks, samples: recorded.plateau(of: step.step))
    }
}
