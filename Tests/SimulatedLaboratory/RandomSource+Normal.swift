import Foundation
import LoadGenerator

extension RandomSource {
    /// With mean 0 and standard deviation 1 (G. E. P. Box, M. E. Muller, Ann. Math. Stat. 29, 1958).
    mutating func normal() -> Double {
        (-2 * log(1 - fraction())).squareRoot() * cos(2 * .pi * fraction())
    }
}
