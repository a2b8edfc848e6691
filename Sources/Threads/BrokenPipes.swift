import Glibc

package enum BrokenPipes {
    /// Keeps the calling thread from being ended by a write to a connection or pipe that the peer has closed.
    package static func ignore() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
