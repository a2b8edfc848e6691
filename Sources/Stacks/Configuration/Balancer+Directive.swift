import Model

extension Balancer {
    /// The directive of the upstream block; none for round robin, which is Nginx's default.
    var directive: String? {
        switch self {
        case .none, .roundRobin: nil
        case .leastConnections, .ipHash, .random: rawValue
        }
    }
}
