import Foundation
import Glibc
import Synchronization

/// Ends a run in which a test never ends, and names the test: continuous integration would wait for it in vain, and not
/// say for which.
enum HangWatch {
    /// A test that takes so long, in seconds, hangs: several times what the longest takes in a quota of half a core.
    /// `STORELAB_TEST_PATIENCE` has another number, for a test of a size of its own.
    private static let patience: UInt64 =
        ProcessInfo.processInfo.environment["STORELAB_TEST_PATIENCE"].flatMap { UInt64($0) }
        ?? (Tier.isFull ? 1800 : 900)

    private struct Running {
        let name: String
        let began: UInt64
    }

    private static let running = Mutex<[Int: Running]>([:])
    private static let count = Atomic(0)

    /// Begun with the first test. A system thread: tests that block may hold all those of Swift's runtime.
    private static let watch: Void = Thread.detachNewThread {
        while true {
            sleep(10)
            let now = seconds
            let late = running.withLock { $0.values.filter { now - $0.began > patience } }
            guard !late.isEmpty else { continue }
            for test in late { print("✘ \(test.name) has not ended after \(now - test.began) s; the run ends here") }
            exit(1)
        }
    }

    static func during(_ name: String, _ body: () async throws -> Void) async throws {
        _ = watch
        let key = count.add(1, ordering: .relaxed).newValue
        running.withLock { $0[key] = Running(name: name, began: seconds) }
        defer { running.withLock { $0[key] = nil } }
        try await body()
    }

    private static var seconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec)
    }
}
