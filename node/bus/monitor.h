/*
 * Drains the monitor events of every socket in a thread of its own: an unread monitor blocks libzmq's I/O
 * thread, and strangers can make it so. What the loop wants to know waits in a mailbox whose size does not
 * depend on how many events there were.
 */
#ifndef BUS_MONITOR_H
#define BUS_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

struct monitor;

/* The state of a dialled socket. */
struct monitor_dial {
    uint32_t ups;      /* handshakes that succeeded so far */
    uint32_t failures; /* connections that ended before their handshake did */
    bool is_up;
    int fd; /* of the connection; only while is_up */
};

/* Counted on the listening socket since the start. */
struct monitor_counts {
    uint64_t accepted, disconnected, handshake_failed, accept_failed;
};

/* NULL with errno. */
struct monitor *monitor_new(void *context);
/* After all sockets were removed. */
void monitor_free(struct monitor *m);

/* Becomes readable when there is something to take. */
int monitor_fd(const struct monitor *m);

/* Watch ${socket}, owned by the caller, under ${id}: 0 is the listening one, 1..MONITOR_DIAL_MAX dialled
 * ones. 0, or -1 with errno. */
#define MONITOR_DIAL_MAX 128
int monitor_add(struct monitor *m, void *socket, unsigned id);
/* Before ${socket} is closed. */
void monitor_remove(struct monitor *m, void *socket, unsigned id);

/*
 * What changed since the last call: ${dial} for each dialled socket that did, ${gone} for each descriptor of
 * the listening socket that was disconnected, then ${accepted} for each that was accepted. A descriptor
 * number may have been used again by the time.
 */
struct monitor_news {
    void (*dial)(void *cookie, unsigned id, const struct monitor_dial *state);
    void (*gone)(void *cookie, int fd);
    void (*accepted)(void *cookie, int fd);
    void *cookie;
};
void monitor_take(struct monitor *m, const struct monitor_news *news);
void monitor_count(struct monitor *m, struct monitor_counts *counts);

#endif
