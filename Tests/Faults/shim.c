// Preloaded into the server by the fault harness: ends, stops or refuses at an exact point, steps
// the wall clock, and notes what a power loss would leave of the store.
//
// The harness steers it through a shared page of int64 numbers (FAULT_SHIM_CONTROL, see `Control`)
// and reads what was synced from FAULT_SHIM_LOG, one line per call:
//   S LENGTH PATH    the file's first LENGTH bytes were synced
//   D PATH           the folder was synced: what was created and renamed in it before stays
//   C PATH           the file was created
//   R SHADOW OLD NEW the file was renamed; SHADOW links to what NEW was, or is -
// Paths are those of files below FAULT_SHIM_STORE, and hold no spaces.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

// The numbers are known to the harness (ShimControl.swift).
enum Point {
    POINT_NONE = 0,
    POINT_JOURNAL_WRITE = 1,
    POINT_JOURNAL_WRITTEN = 2,
    POINT_JOURNAL_SYNC = 3,
    POINT_JOURNAL_SYNCED = 4,
    POINT_PLACEMENT_SEND = 5,
    POINT_PLACEMENT_SENT = 6,
    POINT_PLACEMENT_ANSWERED = 7,
    POINT_CANCEL_SEND = 8,
    POINT_CANCEL_SENT = 9,
    POINT_FLUSH_WRITE = 10,
    POINT_COMPACTION_WRITE = 11,
    POINT_MANIFEST_WRITE = 12,
    POINT_MANIFEST_SYNCED = 13,
    POINT_RENAME = 14,
    POINT_SNAPSHOT_WRITE = 15,
    POINT_SNAPSHOT_SYNC = 16,
    POINT_SNAPSHOT_RENAME = 17,
    POINT_SNAPSHOT_RENAMED = 18,
};

enum Action {
    ACTION_KILL = 1,
    ACTION_STOP = 2,
    ACTION_REFUSE = 3,
    ACTION_HANG = 4,
};

struct Control {
    _Atomic int64_t clock_offset_nanoseconds;
    _Atomic int64_t point;
    _Atomic int64_t action;
    // How often the point is still passed before the action; 0 when nothing is armed.
    _Atomic int64_t countdown;
    _Atomic int64_t fired;
    // When the last placement began to be written, by the monotonic clock, and how many were.
    _Atomic int64_t placement_sent_nanoseconds;
    _Atomic int64_t placements_sent;
};

static struct Control no_control;
static struct Control *control = &no_control;
static char store[512];
static size_t store_length;
static int log_file = -1;
static _Atomic int64_t shadow_count;
// Whether the last request on a socket was a placement that is not answered yet.
static _Atomic char awaits_placement[65536];

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_open)(const char *, int, ...);
static ssize_t (*real_send)(int, const void *, size_t, int);
static ssize_t (*real_recv)(int, void *, size_t, int);

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_open = dlsym(RTLD_NEXT, "open");
    real_send = dlsym(RTLD_NEXT, "send");
    real_recv = dlsym(RTLD_NEXT, "recv");
    const char *control_path = getenv("FAULT_SHIM_CONTROL");
    const char *store_path = getenv("FAULT_SHIM_STORE");
    const char *log_path = getenv("FAULT_SHIM_LOG");
    if (store_path != NULL && strlen(store_path) < sizeof store) {
        strcpy(store, store_path);
        store_length = strlen(store);
    }
    if (control_path != NULL) {
        int file = (int)syscall(SYS_openat, AT_FDCWD, control_path, O_RDWR | O_CLOEXEC, 0);
        if (file >= 0) {
            void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (page != MAP_FAILED) control = page;
            syscall(SYS_close, file);
        }
    }
    if (log_path != NULL) {
        log_file = (int)syscall(SYS_openat, AT_FDCWD, log_path,
                                O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    }
}

// Does what was asked for at this point; true when the call is to be refused.
static int pass(enum Point point) {
    if (point == POINT_NONE || atomic_load(&control->countdown) <= 0) return 0;
    if (atomic_load(&control->point) != (int64_t)point) return 0;
    int64_t action = atomic_load(&control->action);
    if (action == ACTION_REFUSE) {
        // A disk that is full stays full until the harness disarms it.
        if (atomic_load(&control->countdown) > 1) {
            atomic_fetch_sub(&control->countdown, 1);
            return 0;
        }
        atomic_fetch_add(&control->fired, 1);
        return 1;
    }
    if (action == ACTION_HANG) {
        if (atomic_load(&control->countdown) > 1) {
            atomic_fetch_sub(&control->countdown, 1);
            return 0;
        }
        atomic_fetch_add(&control->fired, 1);
        while (atomic_load(&control->countdown) > 0) usleep(1000);
        return 0;
    }
    if (atomic_fetch_sub(&control->countdown, 1) != 1) return 0;
    atomic_fetch_add(&control->fired, 1);
    if (action == ACTION_KILL) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    }
    if (action == ACTION_STOP) syscall(SYS_kill, getpid(), SIGSTOP);
    return 0;
}

static int is_in_store(const char *path) {
    return store_length > 0 && strncmp(path, store, store_length) == 0
        && path[store_length] == '/';
}

// The path of an open file or folder of the store; false for any other.
static int store_path_of(int file, char *path, size_t size) {
    if (store_length == 0) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, size - 1);
    if (length <= 0) return 0;
    path[length] = '\0';
    return is_in_store(path);
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int is_thread_named(const char *part) {
    char name[32] = "";
    pthread_getname_np(pthread_self(), name, sizeof name);
    return strstr(name, part) != NULL;
}

static void note(const char *format, ...) {
    if (log_file < 0) return;
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length > 0 && length < (int)sizeof line) {
        syscall(SYS_write, log_file, line, (size_t)length);
    }
}

// The points before and after a write to a file of the store.
static void points_of_write(int file, enum Point *before, enum Point *after) {
    char path[1024];
    *before = POINT_NONE;
    *after = POINT_NONE;
    if (atomic_load(&control->countdown) <= 0 || !store_path_of(file, path, sizeof path)) return;
    if (ends_with(path, ".log")) {
        *before = POINT_JOURNAL_WRITE;
        *after = POINT_JOURNAL_WRITTEN;
    } else if (ends_with(path, ".sst")) {
        *before = is_thread_named("rocksdb:low") ? POINT_COMPACTION_WRITE : POINT_FLUSH_WRITE;
    } else if (strstr(path, "/MANIFEST-") != NULL) {
        *before = POINT_MANIFEST_WRITE;
    } else if (strstr(path, "/snapshots/") != NULL) {
        *before = POINT_SNAPSHOT_WRITE;
    }
}

ssize_t write(int file, const void *bytes, size_t count) {
    enum Point before, after;
    points_of_write(file, &before, &after);
    if (pass(before)) {
        errno = ENOSPC;
        return -1;
    }
    ssize_t result = real_write(file, bytes, count);
    int saved = errno;
    pass(after);
    errno = saved;
    return result;
}

static ssize_t checked_pwrite(int file, const void *bytes, size_t count, off_t offset) {
    enum Point before, after;
    points_of_write(file, &before, &after);
    if (pass(before)) {
        errno = ENOSPC;
        return -1;
    }
    ssize_t result = real_pwrite(file, bytes, count, offset);
    int saved = errno;
    pass(after);
    errno = saved;
    return result;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    return checked_pwrite(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t offset) {
    return checked_pwrite(file, bytes, count, offset);
}

static int sync_with(int (*real_sync)(int), int file) {
    char path[1024];
    if (!store_path_of(file, path, sizeof path)) return real_sync(file);
    struct stat status;
    int is_known = fstat(file, &status) == 0;
    int is_journal = ends_with(path, ".log");
    if (strstr(path, "/snapshots/") != NULL && is_known && S_ISREG(status.st_mode)) {
        pass(POINT_SNAPSHOT_SYNC);
    }
    if (pass(is_journal ? POINT_JOURNAL_SYNC : POINT_NONE)) {
        errno = EIO;
        return -1;
    }
    int result = real_sync(file);
    int saved = errno;
    if (result == 0 && is_known) {
        if (S_ISDIR(status.st_mode)) note("D %s\n", path);
        if (S_ISREG(status.st_mode)) note("S %lld %s\n", (long long)status.st_size, path);
    }
    if (is_journal) pass(POINT_JOURNAL_SYNCED);
    if (strstr(path, "/MANIFEST-") != NULL) pass(POINT_MANIFEST_SYNCED);
    errno = saved;
    return result;
}

int fdatasync(int file) { return sync_with(real_fdatasync, file); }

int fsync(int file) { return sync_with(real_fsync, file); }

static int noted_open(const char *path, int flags, mode_t mode) {
    int is_new = (flags & O_CREAT) != 0 && is_in_store(path) && access(path, F_OK) != 0;
    int file = real_open(path, flags, mode);
    int saved = errno;
    if (file >= 0 && is_new) note("C %s\n", path);
    errno = saved;
    return file;
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return noted_open(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return noted_open(path, flags | O_LARGEFILE, mode);
}

int rename(const char *old_path, const char *new_path) {
    if (!is_in_store(new_path)) return real_rename(old_path, new_path);
    int is_snapshot = strstr(new_path, "/snapshots/") != NULL;
    pass(is_snapshot ? POINT_SNAPSHOT_RENAME : POINT_RENAME);
    char shadow[640] = "-";
    if (access(new_path, F_OK) == 0) {
        snprintf(shadow, sizeof shadow, "%s-shadow-%d-%lld", store, (int)getpid(),
                 (long long)atomic_fetch_add(&shadow_count, 1));
        if (link(new_path, shadow) != 0) strcpy(shadow, "-");
    }
    int result = real_rename(old_path, new_path);
    int saved = errno;
    if (result == 0) note("R %s %s %s\n", shadow, old_path, new_path);
    if (is_snapshot) pass(POINT_SNAPSHOT_RENAMED);
    errno = saved;
    return result;
}

static int begins_with(const void *bytes, size_t count, const char *text) {
    size_t length = strlen(text);
    return count >= length && memcmp(bytes, text, length) == 0;
}

ssize_t send(int socket, const void *bytes, size_t count, int flags) {
    int is_placement = begins_with(bytes, count, "POST /api/v3/order")
        && !begins_with(bytes, count, "POST /api/v3/order/");
    int is_cancel = begins_with(bytes, count, "DELETE /api/v3/order");
    if (is_placement) pass(POINT_PLACEMENT_SEND);
    if (is_placement) {
        struct timespec now;
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
        atomic_store(&control->placement_sent_nanoseconds,
                     (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
        atomic_fetch_add(&control->placements_sent, 1);
    }
    if (is_cancel) pass(POINT_CANCEL_SEND);
    ssize_t result = real_send(socket, bytes, count, flags);
    int saved = errno;
    if (socket >= 0 && socket < (int)sizeof awaits_placement && (is_placement || is_cancel)) {
        atomic_store(&awaits_placement[socket], (char)is_placement);
    }
    if (is_placement) pass(POINT_PLACEMENT_SENT);
    if (is_cancel) pass(POINT_CANCEL_SENT);
    errno = saved;
    return result;
}

ssize_t recv(int socket, void *bytes, size_t count, int flags) {
    ssize_t result = real_recv(socket, bytes, count, flags);
    int saved = errno;
    int is_peek = (flags & MSG_PEEK) != 0;
    if (result > 0 && !is_peek && socket >= 0 && socket < (int)sizeof awaits_placement
        && atomic_exchange(&awaits_placement[socket], 0) != 0) {
        pass(POINT_PLACEMENT_ANSWERED);
    }
    errno = saved;
    return result;
}

// MARK: The wall clock

static int64_t wall_nanoseconds(void) {
    struct timespec time;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec
        + atomic_load(&control->clock_offset_nanoseconds);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) {
        return (int)syscall(SYS_clock_gettime, clock, time);
    }
    int64_t now = wall_nanoseconds();
    time->tv_sec = now / 1000000000;
    time->tv_nsec = now % 1000000000;
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    int64_t now = wall_nanoseconds();
    time->tv_sec = now / 1000000000;
    time->tv_usec = now % 1000000000 / 1000;
    return 0;
}

time_t time(time_t *result) {
    time_t now = wall_nanoseconds() / 1000000000;
    if (result != NULL) *result = now;
    return now;
}
