package import Model

extension FaultRecord {
    /// As a definition has it, with the part that it was done to: `kill store-2`.
    package var title: String {
        switch fault.action {
        case .kill: "kill \(part)"
        case .start: "start \(part)"
        case .pause: "pause \(part)"
        case .slow(let from, let to): "slow \(part) by \(Self.milliseconds(from))..\(Self.milliseconds(to))"
        case .cut: "cut \(part)"
        case .bandwidth(let bytes): "\(part) at \(bytes) bytes per second"
        case .throttle(let cores): "throttle \(part) to \(cores) cores"
        case .hold(let connections): "hold \(connections) connections of \(part)"
        }
    }

    private static func milliseconds(_ seconds: Seconds) -> String { "\(Int((seconds * 1000).rounded()))ms" }
}
