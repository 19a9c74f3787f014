#define _GNU_SOURCE
#include "floors.h"
#include "parts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { inbound_bytes = 16 * 1024, patience_seconds = 20 };

// A connection and the calls on it that wait for their answers.
typedef struct {
    int connection;
    int sent, answered;
    // As many as can wait, for a server may stand still for a while; below zero once answered.
    uint64_t *due;
    int *sample;
    size_t held;
    unsigned char inbound[inbound_bytes];
} caller;

struct floors_load {
    int events;
    int caller_count, waiting_max;
    caller *callers;
    uint64_t *due;
    int *samples;
    char *frame;
    size_t frame_bytes;
    // Of the present offer.
    int sent, answered, count;
    int refused;
    uint64_t *durations;
};

typedef struct floors_load load;

static bool send_call(load *load, caller *caller, uint64_t due) {
    uint32_t stream = 2 * (uint32_t)caller->sent + 1;
    int place = caller->sent++ % load->waiting_max;
    caller->due[place] = due;
    caller->sample[place] = load->sent++;
    put_stream(load->frame, stream);
    size_t written = 0;
    while (written < load->frame_bytes) {
        ssize_t sent = send(
            caller->connection, load->frame + written, load->frame_bytes - written, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        written += (size_t)sent;
    }
    return true;
}

// Takes what arrived; an answer to what was not asked is a failure, one with a status is counted.
static bool take_answers(load *load, caller *caller) {
    ssize_t received = recv(
        caller->connection, caller->inbound + caller->held, inbound_bytes - caller->held,
        MSG_DONTWAIT);
    if (received < 0) return errno == EAGAIN;
    if (received == 0) return false;
    caller->held += (size_t)received;
    uint64_t now = floors_nanoseconds();
    size_t start = 0;
    while (caller->held - start >= header_bytes) {
        const unsigned char *bytes = caller->inbound + start;
        size_t length = number_at(bytes);
        if (length + header_bytes > inbound_bytes) return false;
        if (caller->held - start < header_bytes + length) break;
        bool is_status = length > 0 && bytes[header_bytes] == 0x0a;
        uint32_t number = number_at(bytes + stream_offset) / 2;
        int place = (int)(number % (uint32_t)load->waiting_max);
        if (number >= (uint32_t)caller->sent || caller->sample[place] < 0) {
            errno = EPROTO;
            return false;
        }
        load->durations[caller->sample[place]] = now - caller->due[place];
        caller->sample[place] = -1;
        caller->answered++;
        load->answered++;
        load->refused += is_status;
        start += header_bytes + length;
    }
    memmove(caller->inbound, caller->inbound + start, caller->held - start);
    caller->held -= start;
    return true;
}

// Sends what is due: by the clock, or where that is zero as soon as a connection has no call.
static bool send_due(load *load, uint64_t begin, double per_second, caller *idle) {
    if (per_second == 0) {
        bool is_due = idle && idle->answered == idle->sent && load->sent < load->count;
        return !is_due || send_call(load, idle, floors_nanoseconds());
    }
    uint64_t now = floors_nanoseconds();
    while (load->sent < load->count) {
        uint64_t due = begin + (uint64_t)(1e9 / per_second * load->sent);
        if (due > now) return true;
        if (!send_call(load, &load->callers[load->sent % load->caller_count], due)) return false;
    }
    return true;
}

static int run(load *load, double per_second) {
    uint64_t begin = floors_nanoseconds(), last = begin;
    for (int i = 0; per_second == 0 && i < load->caller_count; i++) {
        if (!send_due(load, begin, 0, &load->callers[i])) return -1;
    }
    while (load->answered < load->count) {
        if (!send_due(load, begin, per_second, NULL)) return -1;
        struct epoll_event ready[64];
        int count = epoll_wait(load->events, ready, 64, 0);
        uint64_t now = floors_nanoseconds();
        if (count > 0) last = now;
        if (now - last > patience_seconds * 1000000000ull) return -1;
        for (int i = 0; i < count; i++) {
            caller *caller = ready[i].data.ptr;
            if (!take_answers(load, caller)) return -1;
            if (per_second == 0 && !send_due(load, begin, 0, caller)) return -1;
        }
    }
    return load->answered;
}

int floors_load_offer(
    floors_load *load, double per_second, int count, uint64_t *durations, int *refused) {
    if (count / load->caller_count + 2 > load->waiting_max) return -1;
    load->sent = load->answered = load->refused = 0;
    load->count = count;
    load->durations = durations;
    int result = run(load, per_second);
    *refused = load->refused;
    return result;
}

static bool connect_all(load *load, int port) {
    for (int i = 0; i < load->caller_count; i++) {
        caller *caller = &load->callers[i];
        caller->due = load->due + (size_t)i * (size_t)load->waiting_max;
        caller->sample = load->samples + (size_t)i * (size_t)load->waiting_max;
        caller->connection = floors_connect(port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = caller};
        if (caller->connection < 0
            || epoll_ctl(load->events, EPOLL_CTL_ADD, caller->connection, &event) < 0)
            return false;
    }
    return true;
}

// One call on each connection: the first one makes the server set up what the next ones find.
static bool warm_up(load *load) {
    uint64_t *durations = calloc((size_t)load->caller_count, sizeof *durations);
    int refused = 0;
    bool is_warm = durations && floors_load_offer(load, 0, load->caller_count, durations, &refused)
        == load->caller_count && refused == 0;
    free(durations);
    return is_warm;
}

floors_load *floors_load_open(
    int port, int connection_count, int count_max, const char *frame, size_t frame_bytes) {
    load *load = calloc(1, sizeof *load);
    if (!load) return NULL;
    load->caller_count = connection_count;
    load->waiting_max = count_max / connection_count + 2;
    size_t places = (size_t)connection_count * (size_t)load->waiting_max;
    load->callers = calloc((size_t)connection_count, sizeof *load->callers);
    load->due = calloc(places, sizeof *load->due);
    load->samples = calloc(places, sizeof *load->samples);
    load->frame = malloc(frame_bytes);
    load->frame_bytes = frame_bytes;
    load->events = epoll_create1(EPOLL_CLOEXEC);
    if (!load->callers || !load->due || !load->samples || !load->frame || load->events < 0)
        return NULL;
    memcpy(load->frame, frame, frame_bytes);
    return connect_all(load, port) && warm_up(load) ? load : NULL;
}
