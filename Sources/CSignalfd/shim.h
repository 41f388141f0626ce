#ifndef PLIMSOLL_CSIGNALFD_SHIM_H
#define PLIMSOLL_CSIGNALFD_SHIM_H

/* Declared here: <sys/signalfd.h> brings types along that are Glibc's, and that Swift would then see as ours. */
int signalfd(int descriptor, const void *signals, int flags);

/** A descriptor that can be read when one of a `sigset_t`'s signals is pending (signalfd(2)); negative: errno.
    Not inherited (SFD_CLOEXEC). */
static inline int plimsoll_signal_descriptor(const void *signals) { return signalfd(-1, signals, 02000000); }

#endif
