#define _GNU_SOURCE
#include "floors.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { inbound_bytes = 256 * 1024, events_max = 256 };

// Reads what has arrived on a connection; false where it ended.
static bool drain(int connection, char *inbound) {
    return recv(connection, inbound, inbound_bytes, MSG_DONTWAIT) > 0;
}

int floors_subscribe(int port, int count, const char *frame, size_t frame_bytes) {
    int poller = epoll_create1(EPOLL_CLOEXEC);
    char *inbound = malloc(inbound_bytes);
    bool *heard = calloc(1, sizeof *heard * 65536);
    if (poller < 0 || inbound == NULL || heard == NULL) return -1;
    for (int i = 0; i < count; i++) {
        int connection = floors_connect(port);
        if (connection < 0 || connection >= 65536) return -1;
        if (send(connection, frame, frame_bytes, MSG_NOSIGNAL) != (ssize_t)frame_bytes) return -1;
        struct epoll_event event = {.events = EPOLLIN, .data = {.fd = connection}};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, connection, &event) < 0) return -1;
    }
    int heard_count = 0;
    while (true) {
        struct epoll_event events[events_max];
        int ready = epoll_wait(poller, events, events_max, -1);
        for (int i = 0; i < ready; i++) {
            int connection = events[i].data.fd;
            if (!drain(connection, inbound)) return -1;
            if (heard[connection]) continue;
            heard[connection] = true;
            // The first message says that the subscription stands.
            if (++heard_count == count) {
                printf("ready subscribers=%d\n", count);
                fflush(stdout);
            }
        }
    }
}
