/// What the proxy between the parts is told over its control, one JSON value a line.
package enum ProxyOrder: Codable, Sendable, Equatable {
    /// Connections for a part are accepted from now on.
    /// - Parameters:
    ///   - path: of the Unix socket that is made for it; nil for a free port of 127.0.0.1.
    ///   - upstream: where the part listens, for example `127.0.0.1:3306`, or `/run/redis.sock`, a Unix socket.
    case listen(part: String, path: String? = nil, upstream: String)
    /// The fault is made. Of each kind there is at most one in force on a part; the newest counts.
    case begin(part: String, action: FaultAction)
    /// The fault of that kind is taken back; without effect when it is not in force.
    case end(part: String, action: FaultAction)
    case report
}

/// The proxy's answer to an order, one JSON value a line.
package struct ProxyAnswer: Codable, Sendable, Equatable {
    /// When the order had taken effect, in seconds of the system's monotonic clock.
    package var at: Seconds
    /// Of `listen`; 0 where it is a path.
    package var port: Int?
    /// Of `report`.
    package var passages: [ProxyPassage]?
    /// Why nothing was done; nil where it was.
    package var trouble: String?

    package init(at: Seconds, port: Int? = nil, passages: [ProxyPassage]? = nil, trouble: String? = nil) {
        self.at = at
        self.port = port
        self.passages = passages
        self.trouble = trouble
    }
}

/// What has passed the proxy to one part and back.
package struct ProxyPassage: Codable, Sendable, Equatable {
    package var part: String
    /// Connections that were accepted, and those of them that are open now.
    package var connections: Int
    package var open: Int
    /// Connections that the part did not take.
    package var refused: Int
    /// Bytes that went to the part, and that came from it.
    package var sent: Int
    package var received: Int
    /// From the arrival of bytes in the proxy until they had been passed on, while no fault was in force; nil before any was
    /// timed. One chunk in seven is timed, or of Unix sockets those of each 16th turn, from when the proxy could have run.
    package var median: Seconds?
    package var p99: Seconds?

    package init(
        part: String, connections: Int = 0, open: Int = 0, refused: Int = 0, sent: Int = 0, received: Int = 0,
        median: Seconds? = nil, p99: Seconds? = nil
    ) {
        self.part = part
        self.connections = connections
        self.open = open
        self.refused = refused
        self.sent = sent
        self.received = received
        self.median = median
        self.p99 = p99
    }
}
