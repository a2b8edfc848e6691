import NIOPosix

/// Runs `body`, which blocks, on a thread of the process's pool for that.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
}
