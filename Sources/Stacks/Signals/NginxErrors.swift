package import Model
import Synchronization

/// Counts the lines of Nginx's error log by what they complain of (its sources' texts have not changed since 1.0).
package final class NginxErrors: Sendable {
    private let counts: Mutex<[SignalKind: Double]>
    private let component: String

    package init(component: String) {
        self.component = component
        counts = Mutex(Dictionary(uniqueKeysWithValues: Self.kinds.map { ($0, 0) }))
    }

    private static let kinds: [SignalKind] = [
        .nginxCrowded, .nginxTimedOut, .nginxNoUpstream, .nginxUnreachable, .nginxOtherErrors,
    ]

    /// - Returns: nil for a line that is no complaint.
    package static func kind(of line: some StringProtocol) -> SignalKind? {
        if line.contains("worker_connections are not enough") || line.contains("worker_connections is not enough")
            || line.contains("Too many open files")
        {
            return .nginxCrowded
        }
        if line.contains("upstream timed out") { return .nginxTimedOut }
        if line.contains("no live upstreams") { return .nginxNoUpstream }
        if line.contains("connect() failed") || line.contains("while connecting to upstream")
            || line.contains("prematurely closed")
        {
            return .nginxUnreachable
        }
        let isError = ["[error]", "[crit]", "[alert]", "[emerg]"].contains { line.contains($0) }
        return isError ? .nginxOtherErrors : nil
    }

    package func take(_ line: some StringProtocol) {
        guard let kind = Self.kind(of: line) else { return }
        counts.withLock { $0[kind, default: 0] += 1 }
    }

    package func post(to board: SignalBoard) {
        for (kind, count) in counts.withLock({ $0 }) { board.post(kind, of: component, .counter(count)) }
    }
}
