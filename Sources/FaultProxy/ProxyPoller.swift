import CLinux
import Glibc

/// Waits for sockets (epoll, edge-triggered: a socket is registered once and costs no further call).
final class ProxyPoller {
    private static let capacity = 512
    private let descriptor: CInt
    private let events: UnsafeMutablePointer<epoll_event>

    /// - Returns: nil when the system has no descriptors left.
    init?() {
        descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
        events = .allocate(capacity: Self.capacity)
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        events.deallocate()
    }

    /// The registration ends when the socket is closed.
    /// - Parameter room: whether it also tells of room to write. Where nobody waits for that it is better not asked for: of a Unix socket it
    ///   comes with each read of the peer's.
    func add(_ socket: CInt, tag: UInt64, room: Bool = false) -> Bool { set(EPOLL_CTL_ADD, socket, tag, room) }

    /// Tells of room to write from now on, or no longer.
    func tell(ofRoom room: Bool, of socket: CInt, tag: UInt64) { _ = set(EPOLL_CTL_MOD, socket, tag, room) }

    private func set(_ call: CInt, _ socket: CInt, _ tag: UInt64, _ room: Bool) -> Bool {
        let interest = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue | (room ? EPOLLOUT.rawValue : 0)
        var event = epoll_event(events: interest, data: epoll_data_t(u64: tag))
        return epoll_ctl(descriptor, call, socket, &event) == 0
    }

    /// - Parameter nanoseconds: the longest wait; nil waits for events only.
    /// - Returns: how many events there are to look at.
    func wait(nanoseconds: UInt64?) -> Int {
        guard let nanoseconds else { return max(0, Int(epoll_wait(descriptor, events, CInt(Self.capacity), -1))) }
        if nanoseconds == 0 { return max(0, Int(epoll_wait(descriptor, events, CInt(Self.capacity), 0))) }
        var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        let count = epoll_pwait2(descriptor, events, CInt(Self.capacity), &time, nil)
        guard count < 0, errno == ENOSYS else { return max(0, Int(count)) }
        // Linux before 5.11 waits in milliseconds only.
        let milliseconds = CInt(clamping: (nanoseconds + 999_999) / 1_000_000)
        return max(0, Int(epoll_wait(descriptor, events, CInt(Self.capacity), milliseconds)))
    }

    func tag(_ index: Int) -> UInt64 { events[index].data.u64 }

    func state(_ index: Int) -> (canRead: Bool, canWrite: Bool, hasEnded: Bool) {
        let state = events[index].events
        let ends = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
        return (state & EPOLLIN.rawValue != 0, state & EPOLLOUT.rawValue != 0, state & ends != 0)
    }
}
