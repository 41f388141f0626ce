#ifndef PLIMSOLL_CLIBGIT2_SHIM_H
#define PLIMSOLL_CLIBGIT2_SHIM_H

#include <git2.h>
/* For the fuzz tests, which give libgit2 objects from memory. */
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <git2/sys/transport.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>

/* git_libgit2_opts is variadic, which Swift cannot call: one function for each option that is used. */

/** Makes libgit2 fsync what it writes to a repository; off by default (GIT_OPT_ENABLE_FSYNC_GITDIR). */
static inline int plimsoll_git_enable_fsync(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

/** Makes libgit2 compare each object that it reads with its name; on by default, demanded all the same. */
static inline int plimsoll_git_enable_strict_hash_verification(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, enabled);
}

/** Sets where configuration files of a level are looked for; an empty path: nowhere. */
static inline int plimsoll_git_set_search_path(int level, const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

/** Sets whether a repository of another owner is refused. */
static inline int plimsoll_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

/** Sets how many objects a received pack may say that it holds. */
static inline int plimsoll_git_set_pack_max_objects(size_t objects) {
    return git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, objects);
}

/* What a custom transport hands to libgit2: its structure first, as libgit2 demands, then our own. */

/** A smart subtransport with the Swift object that stands for it. */
typedef struct {
    git_smart_subtransport parent;
    void *object;
} plimsoll_subtransport;

/** A stream of a subtransport; the connection is the subtransport's. */
typedef struct {
    git_smart_subtransport_stream parent;
    void *object;
} plimsoll_stream;

/* Of glibc: what is variadic, or hidden from Swift because it is not in POSIX. */

/** Has the kernel kill this process when the thread that started it ends; prctl(2), PR_SET_PDEATHSIG. */
static inline int plimsoll_die_with_parent(void) {
    return prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/** Has no program that this process starts gain rights that it has not; prctl(2), PR_SET_NO_NEW_PRIVS. */
static inline int plimsoll_gain_no_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/** Lets processes of the same user open this one's descriptors under /proc; prctl(2), PR_SET_DUMPABLE. */
static inline int plimsoll_share_descriptors(void) {
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/**
 * Closes all descriptors from `from` on in a process to be spawned;
 * posix_spawn_file_actions_addclosefrom_np(3).
 */
static inline int plimsoll_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
    extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

/** A pipe whose ends no spawned process inherits unless it is told to; pipe2(2) with O_CLOEXEC. */
int pipe2(int ends[2], int flags);

/** A file without a name, in memory; memfd_create(2). */
int memfd_create(const char *name, unsigned int flags);

#endif
