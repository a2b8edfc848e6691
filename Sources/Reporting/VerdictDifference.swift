import Analysis
import Model

/// A verdict that the run noted and that its samples do not give.
package struct VerdictDifference: Sendable, Equatable {
    /// Of the record, for example `02-mysql-limit/record.json steps[3].passed`.
    package var place: String
    package var recorded: String
    package var computed: String
}

extension StudiedRun {
    /// All of them, in the order of the record. The run decides on the spot, and an older version by its own rules: none of
    /// them is a fault by itself.
    package var verdictDifferences: [VerdictDifference] {
        (studies + repetitions.flatMap(\.self)).flatMap(\.self).flatMap { study in
            study.steps.enumerated().flatMap { index, judged in
                let place = "\(study.folder)/record.json steps[\(index)]"
                let (noted, found) = (judged.step.validity?.verdict, judged.validity?.verdict)
                let passed =
                    judged.step.passed == judged.passed
                    ? nil
                    : VerdictDifference(
                        place: place + ".passed", recorded: Self.outcome(judged.step.passed),
                        computed: Self.outcome(judged.passed))
                let validity =
                    noted == nil || noted == found
                    ? nil
                    : VerdictDifference(
                        place: place + ".validity", recorded: noted?.rawValue ?? "", computed: found?.rawValue ?? "none"
                    )
                return [passed, validity].compactMap(\.self)
            }
        }
    }

    private static func outcome(_ passed: Bool) -> String { passed ? "passed" : "failed" }
}
