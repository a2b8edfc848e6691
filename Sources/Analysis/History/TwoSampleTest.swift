/// Student's two-sided test that two samples come from one mean, with their pooled variance (Student, Biometrika 6, 1908).
struct TwoSampleTest {
    let means: (a: Double, b: Double)
    /// Of means so far apart or farther where there is one mean; 1 where the samples are too few to say.
    let probability: Double

    /// - Parameters:
    ///   - a: at least one value.
    ///   - b: at least one value.
    init(_ a: some Collection<Double>, _ b: some Collection<Double>) {
        func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
        let means = (a: mean(a), b: mean(b))
        self.means = means
        let squares =
            a.reduce(0) { $0 + ($1 - means.a) * ($1 - means.a) } + b.reduce(0) { $0 + ($1 - means.b) * ($1 - means.b) }
        let freedom = a.count + b.count - 2
        let difference = (means.b - means.a).magnitude
        guard freedom > 0, difference > 0 else {
            probability = 1
            return
        }
        let error = (squares / Double(freedom) * (1 / Double(a.count) + 1 / Double(b.count))).squareRoot()
        probability = error > 0 ? Student.tails(beyond: difference / error, freedom: freedom) : 0
    }
}
