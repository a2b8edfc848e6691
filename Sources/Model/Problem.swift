/// An error that a person can act on: what is wrong, and the next step.
package struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// The experiment could not be measured (exit code 1).
        case measurement
        /// Wrong usage or a wrong definition (exit code 2).
        case usage
        /// The machine lacks something (exit code 3).
        case machine
    }

    package var kind: Kind
    package var message: String
    /// What to do about it, as a sentence; nil where the message says it all.
    package var nextStep: String?

    package init(_ kind: Kind, _ message: String, nextStep: String? = nil) {
        self.kind = kind
        self.message = message
        self.nextStep = nextStep
    }

    package var description: String { nextStep.map { "\(message)\n  \($0)" } ?? message }
}
