import Glibc
import Synchronization

/// A socket that one thread closes and another may cut: its number is never used once it may be another file's.
final class Descriptor: Sendable {
    let number: CInt
    private let isOpen = Mutex(true)

    init(_ number: CInt) { self.number = number }

    /// Ends both directions at once; whoever waits for it hears of the end.
    func cut() { isOpen.withLock { if $0 { shutdown(number, CInt(SHUT_RDWR)) } } }

    /// Without effect a second time.
    func close() {
        isOpen.withLock { isOpen in
            if isOpen { Glibc.close(number) }
            isOpen = false
        }
    }
}
