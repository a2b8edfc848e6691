import Foundation
import Model

/// What Nginx says of itself (ngx_http_stub_status_module).
package struct NginxStatus: Sendable, Equatable {
    /// Connections of clients, idle ones too.
    package var active: Double
    package var accepted: Double
    package var handled: Double

    package init?(page: String) {
        let numbers = page.split { !$0.isNumber }.compactMap { Double($0) }
        guard page.hasPrefix("Active connections:"), numbers.count >= 4 else { return nil }
        (active, accepted, handled) = (numbers[0], numbers[1], numbers[2])
    }

    /// Asks the page that every Nginx of ours has. It blocks its thread for a second at most.
    static func read(host: String, port: Int) -> NginxStatus? {
        let answer = Probe.withConnection(to: port, of: host) {
            Probe.exchange(Probe.get("/nginx-status"), over: $0, most: 1024)
        }
        guard let answer, let body = String(decoding: answer, as: UTF8.self).components("\r\n\r\n") else { return nil }
        return NginxStatus(page: body)
    }

    func post(to board: SignalBoard, component: String) {
        board.post(.nginxConnections, of: component, .value(active))
        board.post(.nginxDropped, of: component, .counter(max(0, accepted - handled)))
    }

    /// Connections that all workers may hold, clients' and replicas' together, as a configuration says; nil where it
    /// leaves their number to the system.
    package static func mostConnections(configuration: String) -> Double? {
        let lines = configuration.split(separator: "\n").map { (line: Substring) in line.prefix { $0 != "#" } }
        let words: [String] = lines.flatMap { (line: Substring) in
            line.split { " \t\r;{}".contains($0) }.map(String.init)
        }
        func value(after name: String) -> Double? {
            guard let place = words.firstIndex(of: name), words.indices.contains(place + 1) else { return nil }
            return Double(words[place + 1])
        }
        // Nginx's defaults: one worker of 512 connections.
        let workers = words.contains("worker_processes") ? value(after: "worker_processes") : 1
        return workers.map { $0 * (value(after: "worker_connections") ?? 512) }
    }
}

extension String {
    /// What follows the first occurrence of a text.
    fileprivate func components(_ separator: String) -> String? {
        range(of: separator).map { String(self[$0.upperBound...]) }
    }
}
