import NIOPosix

/// Runs blocking clients, each on a thread.
func clients(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async throws {
    let threads = NIOThreadPool(numberOfThreads: count)
    threads.start()
    await withTaskGroup { group in
        for number in 0..<count { group.addTask { try? await threads.runIfActive { body(number) } } }
    }
    try await threads.shutdownGracefully()
}
