// The raw floors of the benchmark, and what of Linux the Swift importer does not show.
// Functions return a negative number where the system refuses; errno says why.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Ends the program and all that it spawned with a message after so many seconds.
void floors_watchdog(unsigned seconds);

// Lets the program hold as many connections as the system allows.
void floors_raise_files(void);

// Keeps the calling thread on one CPU.
int floors_pin(int cpu);

// Starts a program, on one CPU, or on all where the number is negative; it ends with us. `variable`
// is added to its environment, its output goes to the file `log`. Returns the process id.
int floors_spawn(const char *const *arguments, const char *variable, int cpu, const char *log);

// Kills a process and waits for its end.
void floors_kill(int process);

uint64_t floors_nanoseconds(void);

// Answers 64-byte frames on one port and HTTP requests on another, for ever; prints the ports.
void floors_serve(void);

// Connects to a port of this host; reads give up after 20 seconds.
int floors_connect(int port);

// Sends 64 bytes, waits until they are back, and notes how long it took; `count` times.
int floors_ping_pong(int connection, int count, uint64_t *durations);

// Writes 256 bytes and waits for fdatasync, on a preallocated and zeroed file; `count` times.
int floors_synced_write(const char *path, int count, uint64_t *durations);

// Sends HTTP requests one after the other and reads their answers. The requests lie one behind the
// other in `bytes`; `ends` says where each one stops. Returns the count of answers with status 200.
int floors_http(
    int connection, const char *bytes, const size_t *ends, int count, uint64_t *durations);

// The same over several connections at once, each with one request on its way.
int floors_http_parallel(
    const int *connections, int connection_count, const char *bytes, const size_t *ends, int count,
    uint64_t *durations);

// HMAC-SHA-256 in hexadecimal; `text` takes 65 bytes.
void floors_sign(const char *secret, const char *payload, char *text);

// Connections over which calls are offered; for good.
typedef struct floors_load floors_load;

// Opens so many connections and makes a call on each. `frame` is a ttrpc request whose stream id is
// put in, `count_max` the most calls of one offer. Returns nothing where that fails.
floors_load *floors_load_open(
    int port, int connection_count, int count_max, const char *frame, size_t frame_bytes);

// Makes calls over the connections in turn, at a fixed rate whatever becomes of the answers, or where
// the rate is zero one after the other on each connection. A duration counts from when the call was
// due. Returns `count`, and how many of them were answered with a status.
int floors_load_offer(
    floors_load *load, double per_second, int count, uint64_t *durations, int *refused);

// Makes calls one after the other over a fresh connection and notes how long each took, as
// `floors_ping_pong` does. `frame` is a ttrpc request whose stream id is put in. Returns `count`, or
// fails where an answer is not OK.
int floors_calls(
    int connection, const char *frame, size_t frame_bytes, int count, uint64_t *durations);

// Answers every ttrpc request with as many bytes as Health has, for ever; prints the port.
void floors_serve_frames(void);

// Opens subscriptions by a request frame, a connection each, prints when all of them stand, and
// reads what they are told, for ever; returns -1 where one of them ends.
int floors_subscribe(int port, int count, const char *frame, size_t frame_bytes);
