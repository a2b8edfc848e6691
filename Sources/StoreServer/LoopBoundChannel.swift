package import HummingbirdCore
package import Logging
package import NIOCore

/// A channel whose requests are answered on the thread that reads and writes their connection.
///
/// Without it each request changes threads twice, to the concurrency runtime's pool and back. Nothing that the store does
/// in between blocks: databases have threads of their own.
package struct LoopBoundChannel<Base: ServerChildChannel>: ServerChildChannel {
    private let base: Base
    private let executors: [ObjectIdentifier: LoopExecutor]

    package init(_ base: Base, group: any EventLoopGroup) {
        self.base = base
        executors = Dictionary(
            group.makeIterator().map { (ObjectIdentifier($0), LoopExecutor($0)) },
            uniquingKeysWith: { first, _ in first })
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        base.setup(channel: channel, logger: logger)
    }

    package func handle(value: Base.Value, logger: Logger) async {
        await withTaskExecutorPreference(executors[ObjectIdentifier(value.channel.eventLoop)]) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// Runs tasks on an event loop's thread.
private final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
