import Foundation
import Model
import Prometheus

/// What the store still works on although its clients have given up. After an overload that belongs to the step before, so
/// the next one waits for it.
struct Backlog: Sendable {
    private let pages: [MetricsPage]
    private let clock: any Clock<Duration>

    init(components: [Component], clock: any Clock<Duration>) {
        self.clock = clock
        pages = components.filter { $0.role == .store }.compactMap {
            URL(string: "http://\($0.published ?? $0.address)")
        }
        .map { MetricsPage(base: $0) }
    }

    /// Returns when no replica has a request in flight, or after 10 s.
    func drain() async {
        let waited = clock.stopwatch()
        while waited() < .seconds(10) {
            if await isEmpty() { return }
            guard (try? await clock.sleep(for: .milliseconds(100))) != nil else { return }
        }
    }

    private func isEmpty() async -> Bool {
        for page in pages {
            // The request for the page itself is in flight too.
            guard let inFlight = await page.read()?.sum(of: "http_requests_in_flight"), inFlight <= 1 else {
                return false
            }
        }
        return true
    }
}
