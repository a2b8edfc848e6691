import Dispatch
import Foundation

/// Runs work that Ctrl-C, SIGTERM and a closed terminal end in good order: they cancel it, and it cleans up.
enum Interruption {
    /// - Parameter message: for the person, when a signal came.
    static func cancelling<Answer: Sendable>(
        telling message: String? = "stopping; the stack is taken down and what was measured is kept …",
        _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let task = Task { try await work() }
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if let message { Terminal.tell("\nstorelab: \(message)") }
                task.cancel()
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await task.value
    }
}
