import Model

extension FaultRecord {
    /// What is said of it in the terminal as it is done and as it is taken back.
    var words: String {
        if let trouble { return "fault \(index + 1), \(name), failed: \(trouble)" }
        if let ended { return "fault \(index + 1), \(name), ended at \(Text.exactSeconds(ended))" }
        return "fault \(index + 1), \(name), began at \(Text.exactSeconds(began))"
    }

    private var name: String {
        switch fault.action {
        case .kill: "kill \(part)"
        case .start: "start \(part)"
        case .pause: "pause \(part)"
        case .slow(let from, let to): "slow \(part) by \(Text.milliseconds(from))..\(Text.milliseconds(to))"
        case .cut: "cut \(part)"
        case .bandwidth(let bytes): "\(part) at \(bytes) bytes per second"
        case .throttle(let cores): "throttle \(part) to \(cores) cores"
        case .hold(let connections): "hold \(connections) connections of \(part)"
        }
    }
}
