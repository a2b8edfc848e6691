package import Model

/// The interval of a difference of two shares, each of which lies between 0 and 1.
///
/// The limits of each share are cut off at 0 and 1 and put together by the square-and-add method (R. G. Newcombe,
/// Statistics in Medicine 17, 1998, p. 873, method 10; for limits of any kind, G. Y. Zou and A. Donner, Statistics in Medicine
/// 27, 2008, p. 1693). Where nothing is cut off, that is the plain interval, the root of both errors' squares on either side.
/// Where something is, it lies within −1 and 1, since x + y ≥ √(x² + y²), and the bound that moves stays on its side of 0:
/// whether a difference is shown is the same as without.
package struct ShareDifference: Sendable {
    /// Between −1 and 1.
    package let bounds: (lower: Double, upper: Double)

    /// - Parameters:
    ///   - b: a share.
    ///   - reachB: half the width of its interval, as if it had no bounds.
    ///   - a: the share that is taken off it.
    ///   - reachA: half the width of its interval.
    package init(of b: Share, reach reachB: Double, against a: Share, reach reachA: Double) {
        // From a share to the limits of its interval, both above 0.
        let (downA, upA) = (min(reachA, a), min(reachA, 1 - a))
        let (downB, upB) = (min(reachB, b), min(reachB, 1 - b))
        let difference = b - a
        bounds = (
            difference - (downB * downB + upA * upA).squareRoot(),
            difference + (upB * upB + downA * downA).squareRoot()
        )
    }
}
