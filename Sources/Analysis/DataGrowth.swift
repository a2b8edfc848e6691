package import Model

/// From so much growth on, a data set counts as another one than it was: reports over all orders take longer with them.
private let mostGrowth: Share = 0.1

extension LoadStep {
    /// By how much the data set grew during the step, where that is more than a tenth; nil else, and where it was not counted.
    package var muchGrowth: Share? { dataGrowth.flatMap { $0 > mostGrowth ? $0 : nil } }
}
