#define _GNU_SOURCE
#include "floors.h"
#include "parts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { inbound_bytes = 64 * 1024, answers_max = 512, message_bytes = 33 };

// MARK: The client

int floors_calls(
    int connection, const char *frame, size_t frame_bytes, int count, uint64_t *durations) {
    static char request[512];
    static unsigned char answer[inbound_bytes];
    if (frame_bytes > sizeof request) return -1;
    memcpy(request, frame, frame_bytes);
    for (int index = 0; index < count; index++) {
        uint32_t stream = 2 * (uint32_t)index + 1;
        uint64_t start = floors_nanoseconds();
        put_stream(request, stream);
        if (send(connection, request, frame_bytes, MSG_NOSIGNAL) != (ssize_t)frame_bytes) return -1;
        size_t held = 0;
        do {
            ssize_t received = recv(connection, answer + held, sizeof answer - held, 0);
            if (received <= 0) return -1;
            held += (size_t)received;
        } while (held < header_bytes || held < header_bytes + number_at(answer));
        durations[index] = floors_nanoseconds() - start;
        // A payload first: what begins with a status was refused.
        bool is_payload = number_at(answer) > 0 && answer[header_bytes] == 0x12;
        if (!is_payload || number_at(answer + stream_offset) != stream) {
            errno = EPROTO;
            return -1;
        }
    }
    return count;
}

// MARK: The server

// An answer of the size that Health has: a response whose payload says nothing.
enum { answer_bytes = header_bytes + 2 + message_bytes };

// A connection and the beginning of a frame that was read of it.
typedef struct {
    int connection;
    size_t held;
    unsigned char inbound[header_bytes + 256];
} peer;

static void answer(unsigned char *bytes, const unsigned char *request) {
    memset(bytes, 0, answer_bytes);
    bytes[3] = 2 + message_bytes;
    memcpy(bytes + stream_offset, request + stream_offset, 4);
    bytes[8] = 2;
    bytes[header_bytes] = 0x12;
    bytes[header_bytes + 1] = message_bytes;
}

// Answers all whole frames of one read at once; the rest waits for the next one.
static bool answer_all(peer *peer) {
    static unsigned char inbound[inbound_bytes], answers[answers_max * answer_bytes];
    memcpy(inbound, peer->inbound, peer->held);
    ssize_t received =
        recv(peer->connection, inbound + peer->held, inbound_bytes - peer->held, MSG_DONTWAIT);
    if (received < 0) return errno == EAGAIN;
    if (received == 0) return false;
    size_t held = peer->held + (size_t)received, start = 0, answered = 0;
    while (held - start >= header_bytes) {
        const unsigned char *frame = inbound + start;
        if (held - start < header_bytes + number_at(frame)) break;
        answer(answers + answered++ * answer_bytes, frame);
        start += header_bytes + number_at(frame);
        if (answered < answers_max) continue;
        if (send(peer->connection, answers, sizeof answers, MSG_NOSIGNAL) < 0) return false;
        answered = 0;
    }
    peer->held = held - start;
    if (peer->held > sizeof peer->inbound) return false;
    memcpy(peer->inbound, inbound + start, peer->held);
    size_t count = answered * answer_bytes;
    return count == 0 || send(peer->connection, answers, count, MSG_NOSIGNAL) == (ssize_t)count;
}

static void welcome(int events, int listener) {
    peer *new = calloc(1, sizeof *new);
    if (!new || (new->connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
        free(new);
        return;
    }
    send_at_once(new->connection);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = new};
    epoll_ctl(events, EPOLL_CTL_ADD, new->connection, &event);
}

void floors_serve_frames(void) {
    int port, listener = listen_on_any_port(&port), events = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    if (events < 0 || epoll_ctl(events, EPOLL_CTL_ADD, listener, &event) < 0) {
        perror("benchmarks: cannot serve frames");
        exit(70);
    }
    printf("ready frames=%d\n", port);
    fflush(stdout);
    for (;;) {
        struct epoll_event ready[64];
        int count = epoll_wait(events, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            peer *caller = ready[i].data.ptr;
            if (!caller) {
                welcome(events, listener);
            } else if (!answer_all(caller)) {
                close(caller->connection);
                free(caller);
            }
        }
    }
}
