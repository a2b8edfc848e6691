import Glibc

/// Runs what computes for long or blocks on a thread of its own. Swift's runtime has as many threads as the machine has
/// cores, and every test that waits for an answer needs one of them.
/// - Throws: what the body throws.
package func onThread<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
        let box = Unmanaged.passRetained(ThreadBody { continuation.resume(returning: Result(catching: body)) })
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<ThreadBody>.fromOpaque(pointer).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        if status == 0 { pthread_detach(thread) } else { box.takeRetainedValue().run() }
    }
    return try result.get()
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
