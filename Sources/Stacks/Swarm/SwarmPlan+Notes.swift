package import Model

extension SwarmPlan {
    func node(of replica: String) -> SwarmNode? {
        Int(replica.dropFirst("store-".count)).map(layout.node(ofReplica:))
    }

    /// What a reader of the record must know of a stack on a swarm.
    /// - Parameter unmeasured: nodes with parts whose CPU and memory are not seen.
    package func notes(entrance: HostAndPort, unmeasured: [String]) -> [String] {
        let place = "\(entrance.host):\(entrance.port)"
        var notes = images.notes + layout.notes
        notes.append(
            front.part == "nginx"
                ? "The load entered at \(place), a published port of the node \(layout.data.name), and went on from Nginx to the replicas over the overlay network of the swarm."
                : "The load entered at \(place), a published port of the replica's own node; the replica reached the databases over the overlay network of the swarm."
        )
        if ["mysql", "redis", "nginx", "store-1"].contains(where: { cores(of: $0) != nil }) {
            notes.append(
                "CPU limits on a swarm have periods of 100 ms, where those on Docker Compose have 20 ms: a limited process stands still for longer at a time."
            )
        }
        if !unmeasured.isEmpty {
            notes.append(
                "CPU and memory of the parts on these nodes are not measured: \(unmeasured.joined(separator: ", ")).")
        }
        return notes
    }
}
