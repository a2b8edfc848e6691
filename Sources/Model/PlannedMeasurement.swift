/// One measurement that a run is to make.
package struct PlannedMeasurement: Sendable, Equatable {
    /// Of the experiment in the manifest.
    package var index: Int
    package var experiment: Experiment
    package var variant: Variant
    /// nil for the first time, 2 for the second and so on.
    package var repetition: Int?
}

extension RunManifest {
    /// All measurements in the order in which they are made: every experiment once, then every one again, each second time
    /// in the opposite order, so that what changes slowly on the machine does not fall on one experiment alone.
    package var plan: [PlannedMeasurement] {
        let once = experiments.enumerated().flatMap { index, experiment in
            experiment.variants.map {
                PlannedMeasurement(index: index, experiment: experiment, variant: $0, repetition: nil)
            }
        }
        return (1...max(1, repeats ?? 1)).flatMap { time in
            (time.isMultiple(of: 2) ? once.reversed() : once).map { planned in
                var planned = planned
                planned.repetition = time == 1 ? nil : time
                return planned
            }
        }
    }
}
