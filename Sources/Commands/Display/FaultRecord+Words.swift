import Analysis
import Model

extension FaultRecord {
    /// What is said of it in the terminal as it is done and as it is taken back.
    var words: String {
        if let trouble { return "fault \(index + 1), \(title), failed: \(trouble)" }
        if let ended { return "fault \(index + 1), \(title), ended at \(Text.exactSeconds(ended))" }
        return "fault \(index + 1), \(title), began at \(Text.exactSeconds(began))"
    }
}
