package import Model

extension ThinkTime {
    /// Seconds that a user thinks.
    package func draw(_ random: inout RandomSource) -> Seconds {
        switch law {
        case .uniform: minimum + (maximum - minimum) * random.fraction()
        case .exponential: min(mean * random.exponential(), maximum)
        }
    }

    /// Seconds until a user ends a thought that it is found in at any moment. Users who all begin so ask as often from the
    /// first second on as they will later, where those who come with a request make a wave.
    ///
    /// The time left in a renewal process in equilibrium: an interval is met in proportion to its length, at an even place
    /// (D. R. Cox, "Renewal Theory", 1962, ch. 5).
    package func drawRemainder(_ random: inout RandomSource) -> Seconds {
        switch law {
        case .uniform:
            let (least, most) = (minimum * minimum, maximum * maximum)
            return (least + (most - least) * random.fraction()).squareRoot() * random.fraction()
        case .exponential: return draw(&random)
        }
    }
}
