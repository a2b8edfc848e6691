import Foundation

/// Draws series like one that was measured: blocks of it, of random length, begun anywhere, so that what follows each
/// other in the series follows each other in the drawing too.
///
/// D. N. Politis, J. P. Romano, "The stationary bootstrap", Journal of the American Statistical Association 89, 1994.
package struct StationaryBootstrap {
    private let count: Int
    private let continuing: Double
    private var state: UInt64

    /// - Parameters:
    ///   - count: length of the series, at least 1.
    ///   - meanBlock: mean length of a block, at least 1.
    ///   - seed: the same seed draws the same.
    package init(count: Int, meanBlock: Double, seed: UInt64) {
        self.count = count
        continuing = 1 - 1 / max(1, meanBlock)
        state = seed
    }

    /// Positions in the series: one drawing of its length.
    package mutating func next() -> [Int] {
        var indices: [Int] = []
        indices.reserveCapacity(count)
        while indices.count < count {
            if let last = indices.last, uniform() < continuing {
                indices.append((last + 1) % count)
            } else {
                indices.append(Int(uniform() * Double(count)))
            }
        }
        return indices
    }

    /// Below 1. SplitMix64: G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014.
    private mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 11) / Double(1 << 53)
    }

    /// The mean length of blocks that suits a series' own dependence.
    ///
    /// D. N. Politis, H. White, "Automatic block-length selection for the dependent bootstrap", Econometric Reviews 23,
    /// 2004, with the correction of A. Patton, D. N. Politis, H. White, ibid. 28, 2009.
    package static func blockLength(of series: [Double]) -> Double {
        let n = Double(series.count)
        guard series.count >= 4 else { return 1 }
        let mean = series.reduce(0, +) / n
        func covariance(_ lag: Int) -> Double {
            (0..<(series.count - lag)).reduce(0) { $0 + (series[$1] - mean) * (series[$1 + lag] - mean) } / n
        }
        let variance = covariance(0)
        guard variance > 0 else { return 1 }
        // Correlations below this are none; the window reaches to twice the last that is.
        let significant = 2 * (log10(n) / n).squareRoot()
        let run = max(3, Int(log10(n).squareRoot().rounded(.up)))
        let most = min(series.count - 1, Int(n.squareRoot().rounded(.up)) + run)
        let strong = (1...most).filter { abs(covariance($0) / variance) > significant }
        let cut = (0...most).first { lag in !strong.contains { $0 > lag && $0 <= lag + run } } ?? most
        let window = Double(min(max(1, 2 * cut), most))
        var (slope, spectrum) = (0.0, variance)
        for lag in 1...Int(window) {
            let share = Double(lag) / window
            let weight = share <= 0.5 ? 1 : 2 * (1 - share)
            slope += 2 * weight * Double(lag) * covariance(lag)
            spectrum += 2 * weight * covariance(lag)
        }
        guard spectrum > 0 else { return 1 }
        let length = cbrt(slope * slope / (spectrum * spectrum) * n)
        return max(1, min(length, n / 3))
    }
}
