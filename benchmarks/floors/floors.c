#define _GNU_SOURCE
#include "floors.h"
#include "parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { frame_bytes = 64, record_bytes = 256, answer_bytes_max = 64 * 1024, connections_max = 64, backlog = 1024 };

// MARK: The process

static void time_is_over(int number) {
    (void)number;
    static const char text[] = "benchmarks: not done in time; something hangs\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    // What was spawned ends with its parent.
    _exit(70);
}

void floors_watchdog(unsigned seconds) {
    signal(SIGALRM, time_is_over);
    alarm(seconds);
}

void floors_raise_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int floors_pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

// All that the kernel lets us have: it leaves out those that are not there.
static int unpin(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

int floors_spawn(const char *const *arguments, const char *variable, int cpu, const char *log) {
    pid_t parent = getpid();
    pid_t process = fork();
    if (process != 0) return process;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    alarm(0);
    int output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (output < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0
        || (cpu >= 0 ? floors_pin(cpu) : unpin()) < 0 || putenv((char *)variable) != 0)
        _exit(126);
    execv(arguments[0], (char *const *)arguments);
    _exit(127);
}

void floors_kill(int process) {
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
}

uint64_t floors_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// MARK: Sockets

static bool write_all(int file, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(file, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

static bool read_all(int file, char *bytes, size_t count) {
    while (count > 0) {
        ssize_t got = read(file, bytes, count);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes += got;
        count -= (size_t)got;
    }
    return true;
}

void send_at_once(int connection) {
    int yes = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

int floors_connect(int port) {
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) return -1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    send_at_once(connection);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) < 0) {
        close(connection);
        return -1;
    }
    return connection;
}

// What was read of an HTTP message, and how long the whole is once that is known.
typedef struct {
    char bytes[answer_bytes_max];
    size_t count;
} message;

// The length of the message at the front, or 0 while it is not complete.
static size_t complete_length(message *message) {
    message->bytes[message->count] = 0;
    char *end = strstr(message->bytes, "\r\n\r\n");
    if (end == NULL) return 0;
    size_t body = 0;
    for (char *line = message->bytes; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "content-length:", 15) == 0) body = strtoul(line + 15, NULL, 10);
    }
    size_t length = (size_t)(end + 4 - message->bytes) + body;
    return length <= message->count ? length : 0;
}

static bool read_more(int connection, message *message) {
    size_t room = answer_bytes_max - 1 - message->count;
    if (room == 0) return false;
    ssize_t got = read(connection, message->bytes + message->count, room);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    message->count += (size_t)got;
    return true;
}

// MARK: Servers

static void *serve_echo(void *context) {
    int listener = (int)(intptr_t)context;
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) continue;
        send_at_once(connection);
        char frame[frame_bytes];
        while (read_all(connection, frame, sizeof frame)
               && write_all(connection, frame, sizeof frame)) {
        }
        close(connection);
    }
}

static void *serve_http(void *context) {
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    static message request;
    int listener = (int)(intptr_t)context;
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) continue;
        send_at_once(connection);
        request.count = 0;
        while (read_more(connection, &request)) {
            if (complete_length(&request) == 0) continue;
            request.count = 0;
            if (!write_all(connection, answer, sizeof answer - 1)) break;
        }
        close(connection);
    }
}

int listen_on_any_port(int *port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) < 0
        || listen(listener, backlog) < 0
        || getsockname(listener, (struct sockaddr *)&address, &length) < 0) {
        perror("benchmarks: cannot listen");
        exit(70);
    }
    *port = ntohs(address.sin_port);
    return listener;
}

void floors_serve(void) {
    int echo_port, http_port;
    int echo = listen_on_any_port(&echo_port);
    int http = listen_on_any_port(&http_port);
    pthread_t thread;
    pthread_create(&thread, NULL, serve_echo, (void *)(intptr_t)echo);
    printf("ready echo=%d http=%d\n", echo_port, http_port);
    fflush(stdout);
    serve_http((void *)(intptr_t)http);
}

// MARK: Floors

int floors_ping_pong(int connection, int count, uint64_t *durations) {
    char frame[frame_bytes] = {0};
    for (int index = 0; index < count; index++) {
        uint64_t start = floors_nanoseconds();
        if (!write_all(connection, frame, sizeof frame)) return -1;
        if (!read_all(connection, frame, sizeof frame)) return -1;
        durations[index] = floors_nanoseconds() - start;
    }
    return count;
}

int floors_synced_write(const char *path, int count, uint64_t *durations) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return -1;
    char record[record_bytes];
    memset(record, 0, sizeof record);
    for (int index = 0; index < count; index++) {
        if (!write_all(file, record, sizeof record)) return -1;
    }
    if (fsync(file) < 0) return -1;
    memset(record, 'r', sizeof record);
    for (int index = 0; index < count; index++) {
        uint64_t start = floors_nanoseconds();
        if (pwrite(file, record, sizeof record, (off_t)index * record_bytes) != record_bytes)
            return -1;
        if (fdatasync(file) < 0) return -1;
        durations[index] = floors_nanoseconds() - start;
    }
    close(file);
    unlink(path);
    return count;
}

int floors_http(
    int connection, const char *bytes, const size_t *ends, int count, uint64_t *durations) {
    return floors_http_parallel(&connection, 1, bytes, ends, count, durations);
}

int floors_http_parallel(
    const int *connections, int connection_count, const char *bytes, const size_t *ends, int count,
    uint64_t *durations) {
    static message answers[connections_max];
    static uint64_t starts[connections_max];
    static int requests[connections_max];
    struct pollfd polled[connections_max];
    int sent = 0, ended = 0, good = 0;
    for (int slot = 0; slot < connection_count; slot++) {
        polled[slot] = (struct pollfd){.fd = connections[slot], .events = POLLIN};
        requests[slot] = -1;
    }
    while (ended < count) {
        for (int slot = 0; slot < connection_count && sent < count; slot++) {
            if (requests[slot] >= 0) continue;
            size_t start = sent == 0 ? 0 : ends[sent - 1];
            answers[slot].count = 0;
            starts[slot] = floors_nanoseconds();
            requests[slot] = sent;
            if (!write_all(connections[slot], bytes + start, ends[sent] - start)) return -1;
            sent++;
        }
        // One connection needs no poll: its read blocks.
        if (connection_count > 1 && poll(polled, (nfds_t)connection_count, 20000) <= 0) return -1;
        for (int slot = 0; slot < connection_count; slot++) {
            if (requests[slot] < 0 || (connection_count > 1 && polled[slot].revents == 0)) continue;
            message *answer = &answers[slot];
            if (!read_more(connections[slot], answer)) return -1;
            if (complete_length(answer) == 0) continue;
            durations[requests[slot]] = floors_nanoseconds() - starts[slot];
            if (strncmp(answer->bytes, "HTTP/1.1 200", 12) == 0) good++;
            requests[slot] = -1;
            ended++;
        }
    }
    return good;
}

void floors_sign(const char *secret, const char *payload, char *text) {
    unsigned char code[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)payload,
         strlen(payload), code, &length);
    for (unsigned int index = 0; index < length; index++)
        sprintf(text + 2 * index, "%02x", code[index]);
}
