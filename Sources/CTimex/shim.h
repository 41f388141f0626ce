#ifndef PLIMSOLL_CTIMEX_SHIM_H
#define PLIMSOLL_CTIMEX_SHIM_H

#include <sys/timex.h>

/** Whether the kernel calls the wall clock synchronised (adjtimex(2)); changes nothing. */
static inline int plimsoll_clock_is_synchronised(void) {
    struct timex state = {0};
    return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

#endif
