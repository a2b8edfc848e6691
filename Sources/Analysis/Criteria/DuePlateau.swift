import Model

/// The requests of a plateau by the second in which each was due. A request belongs to the plateau in which it was due, so
/// that neither the ramp's backlog weighs on the plateau, nor is what still waits at its end forgotten.
struct DuePlateau {
    /// Requests of one task that were due in one second.
    struct Requests {
        var succeeded = Distribution()
        var failed = Distribution()
        /// Under way at the end of the plateau: by the time since they were due.
        var open = Distribution()
    }

    /// One task's requests.
    struct Task {
        /// One per sample.
        var seconds: [Requests]
        /// Ended on the plateau, due before it.
        var succeededBefore = 0
        /// Of each second, failed in it, due before the plateau.
        var failedBefore: [Int]

        var before: Int { failedBefore.reduce(succeededBefore, +) }
    }

    let samples: [SecondSample]
    /// In the order of the load's tasks.
    private(set) var tasks: [Task]
    /// Requests under way at the end.
    let open: Int

    /// - Parameter samples: of the plateau only, in order: it begins with the first one's second.
    init(_ samples: [SecondSample]) {
        self.samples = samples
        open = samples.last?.inFlight ?? 0
        tasks = []
        let count = samples.reduce(0) { max($0, $1.tasks.count) }
        for task in 0..<count { tasks.append(requests(of: task)) }
    }

    private func requests(of index: Int) -> Task {
        var succeeded = [[Distribution]](repeating: [], count: samples.count)
        var failed = succeeded
        var task = Task(
            seconds: Array(repeating: Requests(), count: samples.count),
            failedBefore: Array(repeating: 0, count: samples.count))
        for (number, sample) in samples.enumerated() where sample.tasks.indices.contains(index) {
            let second = sample.tasks[index]
            for piece in DuePieces.of(second.succeeded, earlier: second.due?.succeededEarlier) {
                let place = place(of: sample.second &- piece.age)
                if let place { succeeded[place].append(piece.latencies) }
                task.succeededBefore += place == nil ? piece.latencies.count : 0
            }
            for piece in DuePieces.of(second.failed, earlier: second.due?.failedEarlier) {
                let place = place(of: sample.second &- piece.age)
                if let place { failed[place].append(piece.latencies) }
                task.failedBefore[number] += place == nil ? piece.latencies.count : 0
            }
        }
        for place in samples.indices {
            task.seconds[place].succeeded = .merged(succeeded[place])
            task.seconds[place].failed = .merged(failed[place])
        }
        guard let last = samples.last, last.tasks.indices.contains(index), let open = last.tasks[index].due?.open
        else { return task }
        for piece in DuePieces.of(open, earlier: Distribution()) {
            if let place = place(of: last.second &- piece.age) { task.seconds[place].open = piece.latencies }
        }
        return task
    }

    /// One task's failures by kind, of each second without those due before the plateau. These took longest, and so did
    /// timeouts.
    func failures(of task: Int) -> [[FailureKind: Int]] {
        zip(samples, tasks[task].failedBefore).map { sample, before in
            guard sample.tasks.indices.contains(task) else { return [:] }
            var (kinds, left) = (sample.tasks[task].failures, before)
            for kind in [.timeout] + kinds.keys.sorted(by: { $0.rawValue < $1.rawValue }) where left > 0 {
                let taken = min(left, kinds[kind] ?? 0)
                kinds[kind]? -= taken
                left -= taken
            }
            return kinds
        }
    }

    /// The sample of a second, or the one before where a record lacks it; nil before the plateau.
    private func place(of second: Int) -> Int? {
        guard let first = samples.first?.second, second >= first else { return nil }
        let place = second - first
        if place < samples.count, samples[place].second == second { return place }
        return samples.lastIndex { $0.second <= second }
    }
}
