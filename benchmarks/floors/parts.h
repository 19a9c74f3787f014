// What the floors share among themselves.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Opens a listener on a port of this host that is free; ends the program where it cannot.
int listen_on_any_port(int *port);

// Lets the kernel not wait for more before it sends.
void send_at_once(int connection);

// Of a ttrpc frame: length, stream id, type and flags.
enum { header_bytes = 10, stream_offset = 4 };

static inline uint32_t number_at(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void put_stream(char *frame, uint32_t stream) {
    for (int i = 0; i < 4; i++) frame[stream_offset + i] = (char)(stream >> (24 - 8 * i));
}
