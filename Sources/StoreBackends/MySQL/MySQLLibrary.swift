import CMariaDB
import NIOPosix

/// The client library wants to be told of the process and of each thread once.
enum MySQLLibrary {
    private final class ThreadMark: Sendable {}

    private static let isReady: Bool = mysql_server_init(0, nil, nil) == 0
    private static let thread = ThreadSpecificVariable<ThreadMark>()

    static func prepareThread() {
        guard isReady, thread.currentValue == nil else { return }
        mysql_thread_init()
        thread.currentValue = ThreadMark()
    }
}
