#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

/* Gives the calling thread a descriptor table of its own with the descriptors below `first`; 0, or -1 with errno set and
   nothing changed. Flag 2 is CLOSE_RANGE_UNSHARE (Linux 5.9): unshare(2) with CLONE_FILES and close(2) in one, which
   container runtimes permit more often than unshare. */
static inline int own_descriptors_below(unsigned first) { return (int)syscall(SYS_close_range, first, ~0U, 2U); }

/* Closes the calling thread's descriptors from `first` to `last`. */
static inline int close_descriptors(unsigned first, unsigned last) {
    return (int)syscall(SYS_close_range, first, last, 0U);
}
