/// What is to be measured: a stack, a load and the criteria that the answers are held against.
package struct Experiment: Codable, Sendable, Equatable {
    /// Unique in a run; letters, digits and dashes. It names the record's folder.
    package var name: String
    /// The question of the lab that it answers, 1 to 5; nil for an experiment of the user's own.
    package var question: Int?
    package var title: LocalizedText
    package var stack: StackDefinition
    package var load: LoadDefinition
    /// What "answers correctly" means: none of them is met.
    package var criteria: [Criterion]
    /// PromQL expressions to record beside the standard ones.
    package var observations: [Observation]
    /// What is done to the stack during the load, in the order of time; nil for nothing, and in records of versions that knew
    /// no faults.
    package var faults: [Fault]?
    /// What the faults' cost is set against; nil for nothing.
    package var budget: ErrorBudget?
    /// Names of earlier experiments whose answer is to be set beside this one's.
    package var comparesWith: [String]
    /// The name of the file that it was read from, for example `02-mysql-limit.yaml`.
    package var sourceFile: String

    /// `criteria` is `limits` in definitions and records.
    private enum CodingKeys: String, CodingKey {
        case name, question, title, stack, load, observations, faults, budget, comparesWith, sourceFile
        case criteria = "limits"
    }

    package init(
        name: String, question: Int?, title: LocalizedText, stack: StackDefinition, load: LoadDefinition,
        criteria: [Criterion], observations: [Observation] = [], faults: [Fault]? = nil, budget: ErrorBudget? = nil,
        comparesWith: [String] = [], sourceFile: String
    ) {
        self.name = name
        self.question = question
        self.title = title
        self.stack = stack
        self.load = load
        self.criteria = criteria
        self.observations = observations
        self.faults = faults
        self.budget = budget
        self.comparesWith = comparesWith
        self.sourceFile = sourceFile
    }

    /// One measurement per balancing policy, or per backend and number of orders. An experiment with one of each has one
    /// variant, without a name.
    package var variants: [Variant] {
        if let series = stack.series { return series.variants(balancer: stack.balancers.first ?? .none) }
        guard stack.balancers.count > 1 else { return [Variant(name: nil, balancer: stack.balancers.first ?? .none)] }
        return stack.balancers.map { Variant(name: $0.rawValue, balancer: $0) }
    }
}

/// One of the stacks that an experiment measures with the same load.
package struct Variant: Codable, Sendable, Equatable {
    package var name: String?
    package var balancer: Balancer
    /// nil: the definition's.
    package var backend: ReportReads?
    /// nil: the definition's.
    package var orders: Int?

    package init(name: String?, balancer: Balancer, backend: ReportReads? = nil, orders: Int? = nil) {
        self.name = name
        self.balancer = balancer
        self.backend = backend
        self.orders = orders
    }
}

/// A text in the languages of the report.
package struct LocalizedText: Codable, Sendable, Equatable {
    package var english: String
    package var french: String

    package init(english: String, french: String) {
        self.english = english
        self.french = french
    }
}

/// A PromQL expression that the user wants recorded and drawn.
package struct Observation: Codable, Sendable, Equatable {
    package var name: String
    package var query: String

    package init(name: String, query: String) {
        self.name = name
        self.query = query
    }
}
