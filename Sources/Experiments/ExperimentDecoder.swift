import Model

/// Reads one file's value as an experiment. Every fault goes to the log; an experiment comes back only without one.
struct ExperimentDecoder {
    let log: FaultLog
    /// The folder of the file, to which body files are relative.
    let folder: String
    let sourceFile: String

    func experiment(_ value: YAMLValue) -> Experiment? {
        guard let fields = Fields(value, "the experiment", known: DefinitionKeys.experiment, log: log) else {
            return nil
        }
        let name = fields.required("name") { try $0.name() }
        let question = fields.optional("question", default: nil) { try $0.integer(in: 1...5) }
        let title = fields.nested("title", self.title)
        let stack = fields.nested("stack") { StackDecoder(log: log, folder: folder).stack($0) }
        let load = fields.nested("load") {
            LoadDecoder(log: log, folder: folder, dataset: stack?.dataset).load($0)
        }
        if let load, !load.shape.isSearch, stack?.subject.project?.restore != nil,
            let entry = fields.entry("stack")?.value.entries.last(where: { $0.key == "restore" })
        {
            log.add(
                "restore: only between the steps of find_limit do users leave, so that data can be restored; leave it out",
                at: entry.keyPlace)
        }
        let criteria = CriterionDecoder(log: log, load: load).criteria(fields.entry("limits"), place: fields.place)
        let observations = fields.nested("observe", default: [], self.observations)
        let faults = fields.entry("faults").map { FaultDecoder(log: log, stack: stack, load: load).faults($0) } ?? []
        let budget: ErrorBudget?? = fields.optional("slo", default: nil) { try BudgetDecoder.budget($0) }
        if let entry = fields.entry("slo"), fields.entry("faults") == nil {
            log.add("slo: only the cost of faults is set against it; leave it out, or write faults", at: entry.keyPlace)
        }
        let compared = fields.optional("compare", default: []) { try self.names($0) }
        guard let name, let question, let title, let stack, let load, let criteria, let observations, let compared,
            let faults,
            let budget, log.faults.isEmpty
        else {
            return nil
        }
        return Experiment(
            name: name, question: question, title: title, stack: stack, load: load, criteria: criteria,
            observations: observations, faults: faults.isEmpty ? nil : faults, budget: budget, comparesWith: compared,
            sourceFile: sourceFile)
    }

    private func title(_ value: YAMLValue) -> LocalizedText? {
        if case .scalar = value.content {
            do throws(Unreadable) {
                let text = try value.line(longest: 200)
                return LocalizedText(english: text, french: text)
            } catch {
                log.add("title: \(error.message)", at: value.place)
                return nil
            }
        }
        guard let fields = Fields(value, "title", known: DefinitionKeys.title, log: log) else { return nil }
        let english = fields.required("en") { try $0.line(longest: 200) }
        let french = fields.required("fr") { try $0.line(longest: 200) }
        guard let english, let french else { return nil }
        return LocalizedText(english: english, french: french)
    }

    private func observations(_ value: YAMLValue) -> [Observation] {
        guard case .mapping(let entries) = value.content else {
            if case .broken = value.content { return [] }
            log.add("observe: expected names and PromQL expressions, found \(value.found)", at: value.place)
            return []
        }
        return entries.compactMap { entry in
            if !entry.key.isName(alsoAllowed: ["_"]) {
                log.add(
                    "\"\(entry.key.shortened)\" is not a name; write letters, digits, dashes and underscores",
                    at: entry.keyPlace)
            }
            do throws(Unreadable) {
                return Observation(name: entry.key, query: try entry.value.line(longest: 2000))
            } catch {
                log.add("\(entry.key.shortened): \(error.message)", at: entry.value.place)
                return nil
            }
        }
    }

    private func names(_ value: YAMLValue) throws(Unreadable) -> [String] {
        guard case .list(let values) = value.content else { return [try value.name()] }
        guard values.count <= 50 else { throw Unreadable("more than 50 names") }
        var names: [String] = []
        for value in values {
            let name = try value.name()
            if names.contains(name) { throw Unreadable("\"\(name)\" is written twice") }
            names.append(name)
        }
        return names
    }
}
