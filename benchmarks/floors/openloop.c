#define _GNU_SOURCE
#include "floors.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { header_bytes = 10, inbound_bytes = 16 * 1024, waiting_max = 1024, patience_seconds = 20 };

// A connection and the calls on it that wait for their answers, oldest first.
typedef struct {
    int connection;
    uint32_t next_stream;
    uint32_t answered_stream;
    unsigned first, count;
    uint64_t due[waiting_max];
    int sample[waiting_max];
    size_t held;
    unsigned char inbound[inbound_bytes];
} caller;

typedef struct {
    caller *callers;
    int caller_count;
    char *frame;
    size_t frame_bytes;
    int sent, answered, count;
    uint64_t *durations;
} load;

static uint32_t number_at(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool send_call(load *load, caller *caller, uint64_t due) {
    if (caller->count == waiting_max) return false;
    unsigned place = (caller->first + caller->count++) % waiting_max;
    caller->due[place] = due;
    caller->sample[place] = load->sent++;
    for (int i = 0; i < 4; i++) load->frame[4 + i] = (char)(caller->next_stream >> (24 - 8 * i));
    caller->next_stream += 2;
    size_t written = 0;
    while (written < load->frame_bytes) {
        ssize_t sent = send(
            caller->connection, load->frame + written, load->frame_bytes - written, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        written += (size_t)sent;
    }
    return true;
}

// Takes what arrived; an answer with a status, or one that is out of turn, is a failure.
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
        if (caller->count == 0 || number_at(bytes + 4) != caller->answered_stream || is_status) {
            errno = EPROTO;
            return false;
        }
        load->durations[caller->sample[caller->first]] = now - caller->due[caller->first];
        caller->first = (caller->first + 1) % waiting_max;
        caller->count--;
        caller->answered_stream += 2;
        load->answered++;
        start += header_bytes + length;
    }
    memmove(caller->inbound, caller->inbound + start, caller->held - start);
    caller->held -= start;
    return true;
}

// Sends what is due: by the clock, or where that is zero as soon as a connection has no call.
static bool send_due(load *load, uint64_t begin, double per_second, caller *idle) {
    if (per_second == 0) {
        bool is_due = idle && idle->count == 0 && load->sent < load->count;
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

static int run(load *load, int events, double per_second) {
    for (int i = 0; i < load->caller_count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &load->callers[i]};
        if (epoll_ctl(events, EPOLL_CTL_ADD, load->callers[i].connection, &event) < 0) return -1;
    }
    uint64_t begin = floors_nanoseconds(), last = begin;
    for (int i = 0; per_second == 0 && i < load->caller_count; i++) {
        if (!send_due(load, begin, 0, &load->callers[i])) return -1;
    }
    while (load->answered < load->count) {
        if (!send_due(load, begin, per_second, NULL)) return -1;
        struct epoll_event ready[64];
        int count = epoll_wait(events, ready, 64, 0);
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

int floors_open_loop(
    const int *connections, int connection_count, const char *frame, size_t frame_bytes,
    double per_second, int count, uint64_t *durations) {
    load load = {.caller_count = connection_count, .count = count, .durations = durations};
    load.callers = calloc((size_t)connection_count, sizeof *load.callers);
    load.frame = malloc(frame_bytes);
    load.frame_bytes = frame_bytes;
    int events = epoll_create1(EPOLL_CLOEXEC), result = -1;
    if (load.callers && load.frame && events >= 0) {
        memcpy(load.frame, frame, frame_bytes);
        for (int i = 0; i < connection_count; i++) {
            load.callers[i].connection = connections[i];
            load.callers[i].next_stream = load.callers[i].answered_stream = 1;
        }
        result = run(&load, events, per_second);
    }
    if (events >= 0) close(events);
    free(load.callers);
    free(load.frame);
    return result;
}
