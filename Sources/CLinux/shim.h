#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* prctl takes variable arguments, which Swift cannot pass. Timers of the calling thread are otherwise up to 50 us late. */
static inline int exact_timers_of_this_thread(void) { return prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

/* Lets the calling thread run soon after it wakes, where others hold the CPU: it asks for a tenth of a millisecond at a time
   instead of some milliseconds, and may so interrupt whoever has asked for more (sched_setattr(2), Linux 6.12; EEVDF). Its
   share of the CPU stays what it is. Earlier kernels take no notice. */
static inline int short_slices_of_this_thread(void) {
    struct { unsigned size, policy; unsigned long long flags; int nice; unsigned priority;
             unsigned long long runtime, deadline, period; } attributes;
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return -1;
    if (attributes.policy != 0) return -1;
    attributes.runtime = 100000;
    return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

/* Lets the calling thread run on one processor only; 0, or -1 with errno set (sched_setaffinity(2)). */
static inline int keep_this_thread_on(int processor) {
    unsigned long processors[8192 / (8 * sizeof(long))] = {0};
    if (processor < 0 || processor >= 8192) return -1;
    processors[processor / (8 * sizeof(long))] = 1UL << (processor % (8 * sizeof(long)));
    return (int)syscall(SYS_sched_setaffinity, 0, sizeof processors, processors);
}

/* Lets the calling thread run on every processor that its control group has, and counts them. `found` gets their numbers, at
   most `most`. */
static inline int processors_of_this_thread(int *found, int most) {
    unsigned long processors[8192 / (8 * sizeof(long))];
    memset(processors, 0xff, sizeof processors);
    syscall(SYS_sched_setaffinity, 0, sizeof processors, processors);
    memset(processors, 0, sizeof processors);
    if (syscall(SYS_sched_getaffinity, 0, sizeof processors, processors) < 0) return 0;
    int count = 0;
    for (int processor = 0; processor < 8192 && count < most; processor++) {
        unsigned long word = processors[processor / (8 * sizeof(long))];
        if (word >> (processor % (8 * sizeof(long))) & 1UL) found[count++] = processor;
    }
    return count;
}

/* Has the system note when what is read of a socket came in (SO_TIMESTAMPNS, socket(7)). */
static inline int stamp_arrivals(int socket) {
    int on = 1;
    return setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

/* Reads like recv(2). `arrived` becomes the wall clock's nanoseconds when the last of the bytes came in; 0 when unknown.
   The macros that take a control message apart are out of Swift's reach. */
static inline ssize_t receive_stamped(int socket, void *bytes, size_t length, unsigned long long *arrived) {
    struct iovec part = {bytes, length};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t count = recvmsg(socket, &message, 0);
    *arrived = 0;
    if (count <= 0) return count;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
        struct timespec time;
        memcpy(&time, CMSG_DATA(header), sizeof time);
        *arrived = (unsigned long long)time.tv_sec * 1000000000ULL + (unsigned long long)time.tv_nsec;
    }
    return count;
}

/* Whether the peer has acknowledged nothing of the last `length` bytes that were sent over a TCP connection. The fields of
   struct tcp_info (linux/tcp.h) by their places, since glibc's header ends before them: tcpi_bytes_acked, which counts the
   handshake as one byte, tcpi_bytes_sent and tcpi_bytes_retrans (Linux 4.19). */
static inline int was_not_acknowledged(int socket, unsigned long long length) {
    unsigned long long info[27];
    socklen_t size = sizeof info;
    if (getsockopt(socket, 6 /* IPPROTO_TCP */, 11 /* TCP_INFO */, info, &size) != 0 || size < sizeof info) return 0;
    unsigned long long acknowledged = info[15], sent = info[25] - info[26];
    return sent >= length && acknowledged <= 1 + sent - length;
}

/* Gives the calling thread a descriptor table of its own with the descriptors below `first`; 0, or -1 with errno set and
   nothing changed. Flag 2 is CLOSE_RANGE_UNSHARE (Linux 5.9): unshare(2) with CLONE_FILES and close(2) in one, which
   container runtimes permit more often than unshare. */
static inline int own_descriptors_below(unsigned first) { return (int)syscall(SYS_close_range, first, ~0U, 2U); }

/* Closes the calling thread's descriptors from `first` to `last`. */
static inline int close_descriptors(unsigned first, unsigned last) {
    return (int)syscall(SYS_close_range, first, last, 0U);
}

/* accept4(2) of a socket that neither waits nor is passed on to programs that are started; Swift does not see the call. */
static inline int accept_without_waiting(int socket) {
    return (int)syscall(SYS_accept4, socket, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
