/// A fault as it was done. Times are seconds since the load began, by the same clock as the samples.
package struct FaultRecord: Codable, Sendable, Equatable {
    /// The fault's place in the definition, from 0.
    package var index: Int
    package var fault: Fault
    /// The component that it was done to.
    package var part: String
    /// When it was asked for, and when that had been done: it took effect in between.
    package var began: Seconds
    package var done: Seconds
    /// When it was taken back; nil while it is in force, and of what has no end.
    package var ended: Seconds?
    /// Why it could not be done, or not be taken back; nil where it could.
    package var trouble: String?

    package init(
        index: Int, fault: Fault, part: String, began: Seconds, done: Seconds, ended: Seconds? = nil,
        trouble: String? = nil
    ) {
        self.index = index
        self.fault = fault
        self.part = part
        self.began = began
        self.done = done
        self.ended = ended
        self.trouble = trouble
    }
}
