package import Model

extension RequestSummary {
    /// The tasks of each group summed up, in the order in which the groups first appear.
    /// - Parameter samples: of the plateau only.
    package static func groups(of tasks: [LoadTask], samples: [SecondSample]) -> [RequestSummary] {
        var names: [String] = []
        for name in tasks.compactMap(\.group) where !names.contains(name) { names.append(name) }
        return names.map { name in
            let members = tasks.indices.filter { tasks[$0].group == name }
            let parts = samples.flatMap { sample in
                members.filter(sample.tasks.indices.contains).map { sample.tasks[$0] }
            }
            return RequestSummary(task: name, seconds: samples.count, parts: parts)
        }
    }
}
