#ifndef PLIMSOLL_CLIBGIT2_SHIM_H
#define PLIMSOLL_CLIBGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/transport.h>

/* git_libgit2_opts is variadic, which Swift cannot call: one function for each option that is used. */

/** Makes libgit2 fsync what it writes to a repository; off by default (GIT_OPT_ENABLE_FSYNC_GITDIR). */
static inline int plimsoll_git_enable_fsync(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

#endif
