import Foundation

/// The mean of a reading a second, with its standard error by the stationary bootstrap.
struct MeanOfSeconds {
    private static let drawings = 500

    var mean: Double
    /// Squared standard error of the mean's logarithm.
    var variance: Double
    var freedom: Double

    /// - Parameter prior: how much readings of this kind differ from one another, known from many others: few readings by
    ///   themselves tell it badly, so both are pooled by their degrees of freedom (G. K. Smyth, Stat. Appl. Genet. Mol.
    ///   Biol. 3(1), 2004).
    /// - Returns: nil for fewer than three readings, or two with a prior; or where all are 0.
    init?(_ values: [Double], prior: RunSpread.Prior? = nil) {
        guard values.count >= (prior == nil ? 3 : 2) else { return nil }
        let count = Double(values.count)
        mean = values.reduce(0, +) / count
        guard mean > 0 else { return nil }
        let block = StationaryBootstrap.blockLength(of: values)
        var bootstrap = StationaryBootstrap(count: values.count, meanBlock: block, seed: 42)
        let drawn = (0..<Self.drawings).map { _ in bootstrap.next().reduce(0) { $0 + values[$1] } / count }
        let logs = drawn.filter { $0 > 0 }.map { log($0) }
        let middle = logs.reduce(0, +) / Double(logs.count)
        let blocks = max(2, count / block)
        variance =
            logs.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(max(1, logs.count - 1)) * blocks
            / (blocks - 1)
        freedom = blocks - 1
        guard let prior else { return }
        let known = prior.deviation * prior.deviation / count
        variance = (freedom * variance + prior.freedom * known) / (freedom + prior.freedom)
        freedom += prior.freedom
    }
}
