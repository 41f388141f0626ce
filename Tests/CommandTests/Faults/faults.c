// Loaded into the agent, apt or dpkg by LD_PRELOAD: counts its durable steps, and kills the cycle before one
// of them or lets it fail. The program knows nothing of it; what the agent starts with an environment of its
// own, as apt, never gets it.
//
// FAULT_PROGRAM the names of the programs whose steps count, with a comma after each
// FAULT_PREFIX  only files below this folder count
// FAULT_COUNT   a file of at least 8 bytes: how many steps were taken, shared by the agent and its children
// FAULT_LOG     a file to which each step is appended: number, process, call, path
// FAULT_AT      the number of the step; 0 only counts
// FAULT_ACTION  "kill", or the number of the error (errno(3)) that the step fails with
// FAULT_LASTS   with an error: "1" if every later step fails, too

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned long *count;
static const char *prefix;
static unsigned long at;
static int action;  // 0: kill
static int lasts;
static int log_file = -1;

// Whether a name is one of those with a comma after each.
static int is_among(const char *name, const char *names) {
    size_t length = strlen(name);
    for (const char *next = names; (next = strstr(next, name)); next += length)
        if ((next == names || next[-1] == ',') && next[length] == ',') return 1;
    return 0;
}

__attribute__((constructor)) static void start(void) {
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0) return;
    program[length] = 0;
    const char *name = strrchr(program, '/');
    const char *wanted = getenv("FAULT_PROGRAM");
    if (!name || !wanted || !is_among(name + 1, wanted) || !getenv("FAULT_COUNT")) return;
    int file = open(getenv("FAULT_COUNT"), O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    count = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (count == MAP_FAILED) {
        count = NULL;
        return;
    }
    prefix = getenv("FAULT_PREFIX");
    at = strtoul(getenv("FAULT_AT"), NULL, 10);
    action = atoi(getenv("FAULT_ACTION"));  // "kill" is 0
    lasts = getenv("FAULT_LASTS") != NULL;
    if (getenv("FAULT_LOG")) {
        int opened = open(getenv("FAULT_LOG"), O_WRONLY | O_APPEND | O_CLOEXEC);
        log_file = fcntl(opened, F_DUPFD_CLOEXEC, 100);
        close(opened);
    }
}

// The parent of a process if it belongs to the cycle, else 0.
static pid_t parent_at_work(pid_t process) {
    char text[512] = "";
    char path[64];
    for (int round = 0;; round++) {
        snprintf(path, sizeof path, "/proc/%d/stat", process);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) return 0;
        ssize_t length = read(file, text, sizeof text - 1);
        close(file);
        text[length < 0 ? 0 : length] = 0;
        char *name = strchr(text, '(');
        char *end = strrchr(text, ')');
        if (!name || !end) return 0;
        *end = 0;
        if (round == 1) {
            return is_among(name + 1, "plimsoll-agent,apt-get,file,copy,store,dpkg,sh,") ? process : 0;
        }
        process = atoi(end + 4);
    }
}

// Ends the cycle as a power cut does it: the agent, and all between it and this process.
static void die(void) {
    pid_t found[16];
    int number = 0;
    for (pid_t next = getpid(); next && number < 16; next = parent_at_work(next)) found[number++] = next;
    while (number > 0) kill(found[--number], SIGKILL);
    pause();
}

// Counts a step on a path. Returns whether it fails; then errno is set.
static int step(const char *call, const char *path) {
    int is_freeing = strcmp(call, "unlink") == 0 || strcmp(call, "rmdir") == 0;
    if (!count || !path || strncmp(path, prefix, strlen(prefix)) != 0) return 0;
    unsigned long number = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    if (log_file >= 0) {
        char line[PATH_MAX + 64];
        int length = snprintf(
            line, sizeof line, "%lu %d %s %s\n", number, getpid(), call, path + strlen(prefix));
        if (write(log_file, line, length) < 0) return 0;
    }
    if (at == 0 || number < at || (number > at && !lasts)) return 0;
    if (action == 0) die();
    // Nothing is removed for want of space.
    if (is_freeing && action == ENOSPC) return 0;
    errno = action;
    return 1;
}

static int step_on(const char *call, int descriptor) {
    if (!count) return 0;
    char link[64];
    char path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return step(call, path);
}

static int step_open(const char *path, int flags) {
    if ((flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC))) return 0;
    return step("open", path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define MODE(flags, last)                     \
    mode_t mode = 0;                          \
    if ((flags) & (O_CREAT | O_TMPFILE)) {    \
        va_list list;                         \
        va_start(list, last);                 \
        mode = va_arg(list, mode_t);          \
        va_end(list);                         \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, flags)
    return step_open(path, flags) ? -1 : NEXT(open)(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE(flags, flags)
    return step_open(path, flags) ? -1 : NEXT(open64)(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    MODE(flags, flags)
    return step_open(path, flags) ? -1 : NEXT(openat)(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags, flags)
    return step_open(path, flags) ? -1 : NEXT(openat64)(folder, path, flags, mode);
}
int creat(const char *path, mode_t mode) {
    return step("creat", path) ? -1 : NEXT(creat)(path, mode);
}
ssize_t write(int descriptor, const void *bytes, size_t size) {
    return step_on("write", descriptor) ? -1 : NEXT(write)(descriptor, bytes, size);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    return step_on("pwrite", descriptor) ? -1 : NEXT(pwrite)(descriptor, bytes, size, offset);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    return step_on("pwrite", descriptor) ? -1 : NEXT(pwrite64)(descriptor, bytes, size, offset);
}
ssize_t copy_file_range(int from, off64_t *start, int to, off64_t *end, size_t size, unsigned flags) {
    return step_on("copy_file_range", to) ? -1 : NEXT(copy_file_range)(from, start, to, end, size, flags);
}
int fsync(int descriptor) { return step_on("fsync", descriptor) ? -1 : NEXT(fsync)(descriptor); }
int fdatasync(int descriptor) {
    return step_on("fdatasync", descriptor) ? -1 : NEXT(fdatasync)(descriptor);
}
int ftruncate(int descriptor, off_t size) {
    return step_on("ftruncate", descriptor) ? -1 : NEXT(ftruncate)(descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) {
    return step_on("ftruncate", descriptor) ? -1 : NEXT(ftruncate64)(descriptor, size);
}
int rename(const char *from, const char *to) { return step("rename", to) ? -1 : NEXT(rename)(from, to); }
int link(const char *from, const char *to) { return step("link", to) ? -1 : NEXT(link)(from, to); }
int symlink(const char *from, const char *to) { return step("symlink", to) ? -1 : NEXT(symlink)(from, to); }
int unlink(const char *path) { return step("unlink", path) ? -1 : NEXT(unlink)(path); }
int rmdir(const char *path) { return step("rmdir", path) ? -1 : NEXT(rmdir)(path); }
int mkdir(const char *path, mode_t mode) { return step("mkdir", path) ? -1 : NEXT(mkdir)(path, mode); }
int fchmod(int descriptor, mode_t mode) {
    return step_on("fchmod", descriptor) ? -1 : NEXT(fchmod)(descriptor, mode);
}
