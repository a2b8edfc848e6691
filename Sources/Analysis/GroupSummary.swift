package import Model

extension RequestSummary {
    /// The tasks of each group summed up, in the order in which the groups first appear.
    /// - Parameter samples: of the plateau only.
    package static func groups(of tasks: [LoadTask], samples: [SecondSample]) -> [RequestSummary] {
        var names: [String] = []
        for name in tasks.compactMap(\.group) where !names.contains(name) { names.append(name) }
        let plateau = DuePlateau(samples)
        return names.map { name in
            RequestSummary(task: name, members: tasks.indices.filter { tasks[$0].group == name }, of: plateau)
        }
    }
}
