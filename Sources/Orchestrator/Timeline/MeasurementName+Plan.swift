package import Model

extension MeasurementName {
    /// - Parameter number: the measurement's place in the run's plan, from 1.
    package init(_ planned: PlannedMeasurement, number: Int) {
        self.init(
            number: number, experiment: planned.experiment.name, variant: planned.variant.name,
            repetition: planned.repetition)
    }
}
